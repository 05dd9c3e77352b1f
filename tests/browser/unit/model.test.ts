// What the page computes without a page: deltas, the past by column, ids of events, figures in words.
import {describe, expect, test} from "vitest";

import {EventIds} from "../../../daemon/web/src/link/event_ids";
import type {History, State} from "../../../daemon/web/src/model/api";
import {applyDelta} from "../../../daemon/web/src/model/delta";
import * as f from "../../../daemon/web/src/model/format";
import {correlationKey, Past, pairKey} from "../../../daemon/web/src/model/past";

const correlation = (value: number | null) => ({
  source: "us_tech", target: "BTC-USD", window_s: 300, value, baseline: 0.3, standard_error: 0.1, samples: 30, tainted: false,
});

function stateAt(now: string, price: string | null, value: number | null): State {
  return {
    bar_s: 10, now, since: "2025-01-27T14:30:00Z",
    instruments: [{symbol: "NVDA", price, return_since_open: price === null ? null : -0.01}],
    groups: [{name: "us_tech", members: ["NVDA"], return_since_open: -0.01}],
    targets: [{symbol: "BTC-USD", regime: "calm", score: 0.25}],
    correlations: [correlation(value)],
    leads: [{source: "us_tech", target: "BTC-USD", seconds: 45, low: 40, high: 50, verdict: "led"}],
  } as unknown as State;
}

describe("a delta", () => {
  const state = {now: "a", targets: [{symbol: "A"}, {symbol: "B"}], episodes: [{id: "1"}], silences_active: 1} as unknown as State;
  test("replaces rows by their place and leaves the others as they are", () => {
    const next = applyDelta(state, {targets: {1: {symbol: "C"}}});
    expect(next.targets.map(({symbol}) => symbol)).toEqual(["A", "C"]);
    expect(next.targets[0]).toBe(state.targets[0]);
    expect(next.episodes).toBe(state.episodes);
    expect(state.targets[1]?.symbol).toBe("B"); // what was handed out before does not change
  });
  test("replaces whole lists and plain values", () => {
    const next = applyDelta(state, {now: "b", episodes: [], silences_active: 0});
    expect([next.now, next.episodes, next.silences_active]).toEqual(["b", [], 0]);
  });
  test("keeps what it does not know", () => {
    expect(applyDelta(state, {weather: {rain: 1}})).toMatchObject({weather: {rain: 1}, now: "a"});
  });
});

describe("ids of events", () => {
  test("count what was never handed out", () => {
    const ids = new EventIds();
    expect(ids.take("7-4", true)).toBe(0);
    expect(ids.take("7-5", false)).toBe(0);
    expect(ids.take("7-8", false)).toBe(2);
  });
  test("a new run of the daemon, a snapshot and a strange id miss nothing", () => {
    const ids = new EventIds();
    ids.take("7-5", true);
    expect(ids.take("8-90", false)).toBe(0);
    expect(ids.take("8-95", true)).toBe(0);
    expect(ids.take("", false)).toBe(0);
    expect(ids.take("8-96", false)).toBe(0);
  });
});

describe("the past", () => {
  const history: History = {
    bar_s: 10, step_s: 10, ts: ["2025-01-27T14:30:00Z", "2025-01-27T14:30:10Z"],
    instruments: {NVDA: {price: ["100", null], return_since_open: [0, null]}},
    groups: {us_tech: {return_since_open: [0, -0.001]}},
    targets: {"BTC-USD": {score: [0, 0.1], regime: ["warming", "calm"]}},
    correlations: [{source: "us_tech", target: "BTC-USD", window_s: 300, value: [null, 0.5]}],
  };
  const key = correlationKey({source: "us_tech", target: "BTC-USD", window_s: 300});

  test("is the history, and unknown where the history has no column", () => {
    const past = new Past(stateAt("2025-01-27T14:30:10Z", "99", 0.5), history);
    expect(past.ts.length).toBe(2);
    expect(past.instruments.get("NVDA")?.price).toEqual(["100", null]);
    expect(past.correlations.get(key)?.value).toEqual([null, 0.5]);
    expect(past.correlations.get(key)?.baseline).toEqual([null, null]);
    expect(past.leads.get(pairKey({source: "us_tech", target: "BTC-USD"}))?.seconds).toEqual([null, null]);
  });
  test("grows by a row a bar, whatever comes within a bar", () => {
    const past = new Past(stateAt("2025-01-27T14:30:10Z", "99", 0.5), history);
    expect(past.take(stateAt("2025-01-27T14:30:20Z", "98", 0.6))).toBe(true);
    expect(past.take(stateAt("2025-01-27T14:30:24Z", "97", 0.7))).toBe(true);
    expect(past.ts.length).toBe(3);
    expect(past.instruments.get("NVDA")?.price).toEqual(["100", null, "97"]);
    expect(past.correlations.get(key)?.value.at(-1)).toBe(0.7);
    expect(past.take(stateAt("2025-01-27T14:30:30Z", null, null))).toBe(true);
    expect(past.instruments.get("NVDA")?.since.at(-1)).toBeNull();
  });
  test("takes nothing older than it has, and nothing before the first price", () => {
    const past = new Past(stateAt("2025-01-27T14:30:10Z", "99", 0.5), history);
    expect(past.take(stateAt("2025-01-27T14:29:50Z", "1", 0.1))).toBe(false);
    expect(past.take({...stateAt("2025-01-27T14:31:00Z", "1", 0.1), since: null})).toBe(false);
    expect(past.ts.length).toBe(2);
  });
  test("finds the row of a moment", () => {
    const past = new Past(stateAt("2025-01-27T14:30:10Z", "99", 0.5), history);
    expect(past.rowAt(Date.parse("2025-01-27T14:29:59Z"))).toBe(-1);
    expect(past.rowAt(Date.parse("2025-01-27T14:30:00Z"))).toBe(0);
    expect(past.rowAt(Date.parse("2025-01-27T14:30:09Z"))).toBe(0);
    expect(past.rowAt(Date.parse("2025-01-27T18:00:00Z"))).toBe(1);
  });
  test("keeps two hours bar by bar and a day in wider steps, and all its columns stay as long as its times", () => {
    const past = new Past(stateAt("2025-01-27T14:30:10Z", "99", 0.5), null);
    const begin = Date.parse("2025-01-27T14:30:10Z"), bar = 10_000;
    for (let i = 0; i < 20_000; ++i) past.take(stateAt(new Date(begin + i * bar).toISOString(), String(i), 0.1));
    const last = begin + 19_999 * bar;
    expect(past.ts.at(-1)).toBe(last);
    expect(past.ts.length).toBeLessThanOrEqual(2400);
    expect(past.ts[0]).toBeLessThanOrEqual(last - 24 * 3600_000);
    expect(past.fineFrom).toBeLessThanOrEqual(last - 2 * 3600_000);
    const steps = past.ts.slice(1).map((t, i) => ({at: past.ts[i] ?? 0, step: t - (past.ts[i] ?? 0)}));
    for (const {at, step} of steps) {
      expect(step).toBe(at >= past.fineFrom ? bar : step);
      expect(step).toBeLessThanOrEqual(6 * bar);
      expect(step).toBeLessThanOrEqual(past.joined(at)); // no gap is seen where none was
    }
    expect(past.joined(last)).toBeLessThan(4 * bar);
    const lengths = [
      past.instruments.get("NVDA")?.price.length, past.groups.get("us_tech")?.length, past.targets.get("BTC-USD")?.score.length,
      past.correlations.get(key)?.tainted.length, past.leads.get(pairKey({source: "us_tech", target: "BTC-USD"}))?.verdict.length,
    ];
    expect(new Set(lengths)).toEqual(new Set([past.ts.length]));
    // Each row is still that of its time.
    const prices = past.instruments.get("NVDA")?.price ?? [];
    for (const [i, t] of past.ts.entries()) expect(prices[i]).toBe(String((t - begin) / bar));
  });
  test("joins the wide steps of a long history, and not what was never recorded", () => {
    const ts = Array.from({length: 10}, (_, i) => new Date(Date.parse("2025-01-27T10:00:00Z") + i * 50_000).toISOString());
    const past = new Past(stateAt("2025-01-27T14:30:10Z", "99", 0.5), {...history, step_s: 50, ts});
    expect(past.joined(past.ts[0] ?? 0)).toBeGreaterThanOrEqual(50_000);
    expect(past.joined(past.ts[0] ?? 0)).toBeLessThan(300_000);
  });
});

describe("figures in words", () => {
  test("what is unknown is a dash", () => {
    for (const words of [f.percent(null), f.price(null), f.figure(undefined), f.signedFigure(null), f.share(null), f.span(NaN), f.time(null)])
      expect(words).toBe("–");
  });
  test("a change has its sign, and none when it rounds to nothing", () => {
    expect(f.percent(0.0312)).toBe("+3.12\u00a0%");
    expect(f.percent(-0.0312)).toBe("−3.12\u00a0%");
    expect(f.percent(-0.00001)).toBe("0.00\u00a0%");
    expect(f.signedFigure(-0.001)).toBe("0.00");
  });
  test("a price keeps the venue's digits", () => {
    expect(f.price("104820.10000000")).toBe("104,820.10");
    expect(f.price("0.00001234")).toBe("0.00001234");
    expect(f.price("1234567.5")).toBe("1,234,567.50");
    expect(f.price("-3.1")).toBe("−3.10");
  });
  test("lengths of time, money and chances", () => {
    expect([f.span(41.2), f.span(300), f.span(7200), f.span(90_000), f.span(3 * 86400)]).toEqual(["41\u00a0s", "5\u00a0min", "2\u00a0h", "25\u00a0h", "3\u00a0d"]);
    expect([f.dollars(1.05e12), f.dollars(593e9), f.dollars(12e6), f.dollars(99)]).toEqual(["$1.1\u00a0tn", "$593\u00a0bn", "$12\u00a0m", "$99"]);
    expect([f.chance(0.0002), f.chance(0.0082), f.chance(0.4)]).toEqual(["p < 0.001", "p 0.008", "p 0.40"]);
  });
  test("New York and UTC of one moment, in winter and in summer", () => {
    expect([f.time("2025-01-27T14:42:07Z", "utc"), f.time("2025-01-27T14:42:07Z", "ny")]).toEqual(["14:42:07", "09:42:07"]);
    expect(f.time("2025-07-01T14:42:07Z", "ny")).toBe("10:42:07");
  });
});
