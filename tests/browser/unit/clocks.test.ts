// Time on the page without a page: which stretch is shown, whose clock is right, whether it is news.
import {describe, expect, test} from "vitest";

import type {State} from "../../../daemon/web/src/model/api";
import {ClockOffset} from "../../../daemon/web/src/model/clock_offset";
import {freshness} from "../../../daemon/web/src/model/freshness";
import * as range from "../../../daemon/web/src/model/time_range";
import {titleOf, worst} from "../../../daemon/web/src/page/title";
import {seeded, seeds} from "./seeded";

const minute = 60_000;

describe("the stretch that is shown", () => {
  const ts = [0, 10, 20, 30, 60, 90].map((n) => n * minute);
  test("is the latest so long, all there is, or what someone chose", () => {
    expect(range.shownStretch(30 * minute, ts)).toEqual({from: 60 * minute, to: 90 * minute});
    expect(range.shownStretch(500 * minute, ts)).toEqual({from: 0, to: 90 * minute});
    expect(range.shownStretch("all", ts)).toEqual({from: 0, to: 90 * minute});
    expect(range.shownStretch({from: 5, to: 20 * minute}, ts)).toEqual({from: 5, to: 20 * minute});
  });
  test("has a length, also of one row, of none, and of a stretch of nothing", () => {
    for (const it of [range.shownStretch("all", [7]), range.shownStretch(minute, []), range.shownStretch({from: 9, to: 9}, ts), range.shownStretch({from: 9, to: 3}, ts)])
      expect(it.to - it.from).toBeGreaterThanOrEqual(minute);
  });
});

describe("stretches of one value", () => {
  const joined = () => 35, all = {from: 0, to: 1000};
  test("reach from row to row, and end a bar after the last before a hole", () => {
    expect(range.runs([0, 10, 20, 30], ["a", "a", "b", "b"], joined, all))
      .toEqual([{from: 0, to: 20, value: "a"}, {from: 20, to: 40, value: "b"}]);
    expect(range.runs([0, 10, 100, 110], ["a", "a", "a", "a"], joined, all))
      .toEqual([{from: 0, to: 20, value: "a"}, {from: 100, to: 120, value: "a"}]);
  });
  test("are not there where the value is not known", () => {
    expect(range.runs([0, 10, 20, 30], ["a", null, "a", null], joined, all)).toEqual([{from: 0, to: 10, value: "a"}, {from: 20, to: 30, value: "a"}]);
    expect(range.runs([0, 10], [null, null], joined, all)).toEqual([]);
    expect(range.runs([0, 10], [], joined, all)).toEqual([]);
    expect(range.runs([0, 10], [false, false], joined, all)).toEqual([{from: 0, to: 20, value: false}]);
  });
  test("say at each moment what the row that holds then says, and never overlap", () => {
    for (const seed of seeds(100)) {
      const random = seeded(seed), ts: number[] = [], values: (string | null)[] = [];
      for (let t = 0, i = 0; i < 40; ++i, t += random() < 0.1 ? 60 : 10) {
        ts.push(t);
        values.push(random() < 0.15 ? null : random() < 0.5 ? "a" : "b");
      }
      const from = Math.floor(random() * 200) + 0.5, to = from + Math.floor(random() * 300);
      const out = range.runs(ts, values, joined, {from, to});
      for (const [i, it] of out.entries()) {
        expect(it.from, `seed ${seed}`).toBeGreaterThanOrEqual(Math.max(from, out[i - 1]?.to ?? from));
        expect(it.to, `seed ${seed}`).toBeLessThanOrEqual(to);
      }
      for (let t = from + 0.25; t < to; t += 2.5) {
        const row = ts.findLastIndex((it) => it <= t);
        const holdsTo = (ts[row + 1] ?? Infinity) - (ts[row] ?? 0) > 35 ? (ts[row] ?? 0) + 10 : (ts[row + 1] ?? 0);
        const expected = row < 0 || t >= holdsTo ? null : values[row];
        expect(out.find((it) => it.from <= t && t < it.to)?.value ?? null, `seed ${seed} at ${t}`).toBe(expected);
      }
    }
  });
});

test("rows for a table are at most so many, within the stretch, evenly spread, with the last among them", () => {
  const ts = Array.from({length: 100}, (_, i) => i * 10);
  for (const count of [1, 7, 24, 500]) {
    const rows = range.sampleRows(ts, {from: 95, to: 905}, count);
    expect(rows.length).toBeLessThanOrEqual(count);
    expect(rows[0]).toBe(90);
    for (const row of rows) expect(row >= 10 && row <= 90).toBe(true);
    expect(new Set(rows.slice(1).map((row, i) => (rows[i] ?? 0) - row)).size).toBeLessThanOrEqual(1);
  }
  expect(range.sampleRows(ts, {from: 0, to: 990}, 500)).toHaveLength(100);
  expect(range.sampleRows(ts, {from: 2000, to: 3000}, 5)).toEqual([]);
  expect(range.sampleRows([], {from: 0, to: 1}, 5)).toEqual([]);
});

describe("the daemon's clock against ours", () => {
  test("is not known before it spoke, nor where it does not tell", () => {
    const clock = new ClockOffset();
    expect(clock.ms).toBeNull();
    clock.begin(null, 1000);
    clock.take(null, 2000);
    expect(clock.ms).toBeNull();
  });
  test("is the largest difference, for what is on its way makes it look late", () => {
    const clock = new ClockOffset();
    clock.begin(10_000, 5_300);
    for (const [wall, at] of [[11_000, 6_050], [12_000, 8_900], [13_000, 9_000]] as const) clock.take(wall, at);
    expect(clock.ms).toBe(4950);
  });
  test("does not take the same word twice: what stands still says nothing new", () => {
    const clock = new ClockOffset();
    clock.begin(10_000, 10_000);
    clock.take(11_000, 12_000);
    for (let i = 0; i < 50; ++i) clock.take(11_000, 13_000 + i);
    expect(clock.ms).toBe(0);
  });
  test("follows a clock that was set back, after a while, and begins anew with another daemon", () => {
    const clock = new ClockOffset();
    clock.begin(60_000, 0);
    for (let i = 1; i <= 40; ++i) clock.take(1000 * i - 500, 1000 * i);
    expect(clock.ms).toBe(-500);
    clock.begin(90_000, 50_000);
    expect(clock.ms).toBe(40_000);
    clock.begin(null, 50_000);
    expect(clock.ms).toBeNull();
  });
});

describe("whether it is news", () => {
  const live = {wall: "2025-01-27T14:42:00Z", bar_s: 10} as unknown as State, old = {bar_s: 10} as unknown as State;
  const on = {connected: true, lastMessage: 100_000}, off = {connected: false, lastMessage: 100_000};
  test("is not told live before anything came", () => {
    expect(freshness({connected: true, lastMessage: null}, live, 0).kind).toBe("connecting");
    expect(freshness(on, null, 100_000).kind).toBe("connecting");
  });
  test("of a daemon that beats every second is stalled within three seconds", () => {
    expect(freshness(on, live, 102_000)).toEqual({kind: "live"});
    expect(freshness(on, live, 103_000)).toEqual({kind: "stalled", silentS: 3});
  });
  test("of an older daemon has the patience of some bars", () => {
    expect(freshness(on, old, 129_000).kind).toBe("live");
    expect(freshness(on, old, 131_000).kind).toBe("stalled");
    expect(freshness(on, {...old, bar_s: 1}, 114_000).kind).toBe("live");
    expect(freshness(on, {...old, bar_s: 1}, 116_000).kind).toBe("stalled");
    expect(freshness(on, {...old, wall: null}, 105_000).kind).toBe("live");
  });
  test("without a connection is never live, and no age is below 0", () => {
    expect(freshness(off, live, 100_000)).toEqual({kind: "disconnected", silentS: 0});
    expect(freshness(off, live, 190_000)).toEqual({kind: "disconnected", silentS: 90});
    expect(freshness(off, live, 90_000)).toEqual({kind: "disconnected", silentS: 0});
  });
});

describe("the tab's title", () => {
  const state = (regimes: string[], mode = "live") => ({mode, targets: regimes.map((regime, i) => ({regime, symbol: `T${i}`}))}) as unknown as State;
  test("carries the gravest state of any target", () => {
    expect(["contagion", "elevated", "over", "calm", "warming"].map((regime) => worst(state(["calm", "warming", regime, "warming"]))))
      .toEqual(["contagion", "elevated", "over", "calm", "calm"]);
    expect([worst(state([])), worst(state(["unheard of"]))]).toEqual(["warming", "warming"]);
  });
  test("names the targets in contagion, and says when it is not news or not the live market", () => {
    expect(titleOf(state(["calm", "contagion", "contagion"]), "live")).toMatch(/T1, T2/);
    expect(titleOf(state(["elevated"]), "live")).toMatch(/elevated/);
    expect(titleOf(state(["calm"]), "live")).toBe("contagiond");
    for (const fresh of ["stalled", "disconnected"]) {
      const title = titleOf(state(["contagion"]), fresh);
      expect(title).toMatch(new RegExp(fresh));
      expect(title).not.toMatch(/T0/);
    }
    expect(titleOf(state(["calm"], "demo"), "live")).toMatch(/DEMO/);
  });
});
