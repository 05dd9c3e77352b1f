// The time line and the chips without a page: order, durations, sessions, trust.
import {describe, expect, test} from "vitest";

import {countdown, sessionChip, trustChip} from "../../../daemon/web/src/desk/session_words";
import {inBlocks, lasting, weave} from "../../../daemon/web/src/desk/time_line";
import type {AlertDocument, Annotation, Instrument, SessionState} from "../../../daemon/web/src/model/api";

const t = (minutes: number): string => new Date(Date.parse("2025-01-27T14:42:00Z") + minutes * 60000).toISOString();
const plain = (text: string): string => text.replaceAll("\u00a0", " ");
const document = (id: string, minutes: number) => ({data: {id, detected_at: t(minutes)}}) as unknown as AlertDocument;
const note = (text: string, minutes: number): Annotation => ({time: t(minutes), text, symbols: [], tags: [], by: "desk"});

describe("the time line", () => {
  test("weaves notes among the alerts by their time, the latest first", () => {
    const entries = weave([document("B", 5), document("A", 0)], [note("between", 3), note("after", 9), note("before", -1)]);
    expect(entries.map((entry) => (entry.kind === "alert" ? entry.document.data.id : entry.note.text)))
      .toEqual(["after", "B", "between", "A", "before"]);
  });
  test("has another key for each entry, also of notes that read alike", () => {
    const keys = weave([document("A", 0)], [note("same", 1), note("same", 1)]).map(({key}) => key);
    expect(new Set(keys).size).toBe(3);
  });
  test("tells how long an alert lasted, or that it is open", () => {
    const data = {detected_at: t(0), ended_at: null as string | null, status: "firing" as "firing" | "resolved"};
    const now = Date.parse(t(4));
    expect(plain(lasting(data, now))).toBe("open for 4 min");
    expect(lasting(data, Date.parse(t(0.5)))).toBe("open");
    expect(lasting(data, null)).toBe("open");
    expect(plain(lasting({...data, ended_at: t(18), status: "resolved"}, now))).toBe("was open for 18 min");
    expect(lasting({...data, status: "resolved"}, now)).toBe("ended");
  });
});

describe("a session", () => {
  const row = (state: string | null, until: number | null, more: Partial<SessionState> = {}): SessionState =>
    ({calendar: "XNYS", state, since: null, until: until === null ? null : t(until), symbols: ["NVDA"], ...more});
  const words = (it: SessionState) => plain(sessionChip(it, Date.parse(t(0))).words);
  test("says until when it lasts", () => {
    expect(words(row("regular", 133))).toBe("regular, closes in 2 h 13 min");
    expect(words(row("pre", 30))).toBe("pre-market, opens in 30 min");
    expect(words(row("closed", 60))).toContain("closed until 15:42 UTC (10:42 New York)");
    expect(words(row("always", null))).toBe("always open");
  });
  test("says what is not known", () => {
    expect(words(row(null, null))).toBe("session not known");
    expect(words(row("regular", 60, {holidays_known: false}))).toContain("holidays of this year not known");
    expect(sessionChip(row("regular", 60), null).words).toBe("regular session");
  });
  test("is counted down by the minute, and never below nothing", () =>
    expect([59, 3600, 7980, -5].map((s) => plain(countdown(s)))).toEqual(["1 min", "1 h", "2 h 13 min", "0 min"]));
});

describe("trust in data", () => {
  const it = (symbol: string, more: Partial<Instrument> = {}): Instrument => ({
    symbol, price: "1", stale: false, taint: [], feeds_fresh: 1, feeds_agreeing: 1, diverged: [], ...more,
  }) as unknown as Instrument;
  const told = (rows: Instrument[], sessions: SessionState[] = []) => trustChip("x", rows, sessions);
  test("is good where all is fresh and agrees", () => {
    expect(told([it("A", {feeds_fresh: 3, feeds_agreeing: 3})])).toMatchObject({lamp: "good", words: "fresh · 3 of 3 feeds agree"});
    expect(told([it("A"), it("B")])).toMatchObject({lamp: "good", words: "2 of 2 fresh · one venue each, none to compare with"});
  });
  test("names what is stale, off or in doubt", () => {
    const chip = told([it("A", {feeds_fresh: 2, feeds_agreeing: 1, diverged: [{feed: "f", ratio: 0.1}]}), it("B", {stale: true}), it("C", {taint: ["gap"]})]);
    expect(chip).toMatchObject({lamp: "doubt", words: "2 of 3 fresh (not B) · venues disagree on A · in doubt: C"});
  });
  test("is bad where nothing is fresh", () => {
    expect(told([it("A", {stale: true}), it("B", {price: null})])).toMatchObject({lamp: "bad", words: "0 of 2 fresh"});
    expect(told([it("A", {price: null})]).words).toBe("no price yet");
  });
  test("does not blame a closed market for old prices", () => {
    const closed = [{calendar: "XNYS", state: "closed", since: null, until: null, symbols: ["A"]}];
    expect(told([it("A", {stale: true})], closed)).toMatchObject({lamp: "off"});
    expect(told([it("A", {stale: true}), it("B")], closed)).toMatchObject({lamp: "good"});
  });
});

describe("blocks of older rows", () => {
  const rows = (n: number) => Array.from({length: n}, (_, i) => n - 1 - i); // the oldest is 0
  test("hold every row once and in order, none larger than asked", () => {
    const blocks = inBlocks(rows(93).slice(40), 40, 93, 20);
    expect(blocks.flatMap((block) => block.rows)).toEqual(rows(93).slice(40));
    for (const block of blocks) expect(block.rows.length).toBeLessThanOrEqual(20);
    expect(new Set(blocks.map(({key}) => key)).size).toBe(blocks.length);
  });
  test("stay as they are when a newer row comes, but for the newest block", () => {
    const before = inBlocks(rows(93).slice(40), 40, 93, 20), after = inBlocks(rows(94).slice(40), 40, 94, 20);
    expect(after.slice(1)).toEqual(before.slice(1));
  });
});
