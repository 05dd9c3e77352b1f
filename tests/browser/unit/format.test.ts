// Figures and words that model.test.ts has not: factors, lags, what limits a score, regimes and rules.
import {describe, expect, test} from "vitest";

import * as f from "../../../daemon/web/src/model/format";
import {exact} from "../../../daemon/web/src/moment/words";

const plain = (text: string): string => text.replaceAll("\u00a0", " ");

describe("figures", () => {
  test("of a lag have two digits that count, and its sign", () => {
    expect([41.2, 4.13, 0.354, -41.2, 0, -0.001].map(f.lag)).toEqual(["41", "4.1", "0.35", "−41", "0.00", "0.00"]);
  });
  test("of a factor are as exact as they are small, and have an end", () => {
    expect([0.2, 3.14, 1339, 999_999].map((it) => f.factor(Math.log(it)))).toEqual(["0.20", "3.1", "1,339", "999,999"]);
    expect(f.factor(50)).toMatch(/over/);
    expect(f.factor(Infinity)).toMatch(/over/);
  });
  test("of a part have a digit more where they are small, and are a dash where not known", () => {
    expect([0.332, 0.0123, 0, 1].map((it) => plain(f.share(it)))).toEqual(["33 %", "1.2 %", "0.0 %", "100 %"]);
    expect([f.share(undefined), f.chance(null), f.date(null), f.milliseconds(null), f.milliseconds("")]).toEqual(["–", "p –", "", null, null]);
  });
  test("of a span that is counted down do not jump by minutes", () => {
    expect([0, 59, 60, 72, 3599].map((it) => plain(exact(it)))).toEqual(["0 s", "59 s", "1 min", "1 min 12 s", "59 min 59 s"]);
    expect(plain(exact(7200))).toBe("2 h");
  });
  test("of time have the day where it is asked for", () => expect(f.date("2025-01-27T23:59:00Z")).toMatch(/Mon.*27 Jan.*2025/));
});

describe("words", () => {
  test("tell what each condition of a score still lacks, of whom; an unknown one tells nothing", () => {
    const conditions = ["source_fall", "target_fall", "joint_fall", "recent_fall", "target_follows", "target_first", "slide_age", "regained", "target_outruns", "burst"];
    const told = conditions.map((it) => f.limitText(it, "BTC-USD", "us_tech"));
    expect(new Set(told).size).toBe(conditions.length);
    for (const text of told) expect(text).toMatch(/BTC-USD|us_tech/);
    expect([f.limitText("", "BTC-USD", "us_tech"), f.limitText("of_tomorrow", "BTC-USD", "us_tech")]).toEqual(["", ""]);
  });
  test("are there for every regime and rule", () => {
    for (const regime of ["warming", "calm", "elevated", "contagion", "over"]) expect(f.regimeWord[regime]).toMatch(/\w{4,}/);
    for (const rule of ["tech_to_crypto", "crypto_to_tech", "common_macro"]) expect(f.ruleWord[rule]).toMatch(/^[^_]{4,}$/);
  });
});
