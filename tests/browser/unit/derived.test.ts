// Columns of the charts that are worked out from the past: rebasing, doubt, bands; and what is shared in words.
import {describe, expect, test} from "vitest";

import * as d from "../../../daemon/web/src/desk/derived";
import {linesOf, onsetOf, PriceColumns, type Line} from "../../../daemon/web/src/desk/price_lines";
import {correlationRange, pairOf, RollingColumns} from "../../../daemon/web/src/desk/rolling_columns";
import {doubts, signOf, targetColour} from "../../../daemon/web/src/desk/words";
import type {AlertDocument, History, Instrument, State, Target} from "../../../daemon/web/src/model/api";
import {Past, type PastCorrelation} from "../../../daemon/web/src/model/past";

const begin = Date.parse("2025-01-27T14:30:00Z"), bar = 10_000;
const iso = (rows: number): string => new Date(begin + rows * bar).toISOString();

describe("a derived column", () => {
  test("works out each row once, and the latest again", () => {
    const asked: number[] = [], it = new d.Derived(), owner = {}, ts = [0, 10, 20];
    const derive = (row: number) => (asked.push(row), row * 2);
    expect(it.update(owner, "a", ts, derive)).toEqual([0, 2, 4]);
    ts.push(30);
    expect(it.update(owner, "a", ts, derive)).toEqual([0, 2, 4, 6]);
    expect(asked).toEqual([0, 1, 2, 2, 3]);
    asked.length = 0;
    it.update(owner, "a", ts, derive, 2);
    expect(asked).toEqual([2, 3]);
  });
  test("is worked out anew for another past, another question, and when rows fell away at the front", () => {
    const it = new d.Derived(), owner = {};
    it.update(owner, "a", [0, 10, 20], () => 1);
    expect(it.update({}, "a", [0, 10, 20], () => 2)).toEqual([2, 2, 2]);
    const other = {};
    it.update(other, "a", [0, 10, 20], () => 3);
    expect(it.update(other, "b", [0, 10, 20], () => 4)).toEqual([4, 4, 4]);
    expect(it.update(other, "b", [10, 20, 30], () => 5)).toEqual([5, 5, 5]);
    expect(it.update(other, "b", [10, 20], () => 6)).toEqual([6, 6]);
  });
  test("is that of its rows also when rows were thinned out and as many came before anyone looked", () => {
    const it = new d.Derived(), owner = {};
    const times = (ts: number[]) => it.update(owner, "a", ts, (row) => ts[row] ?? null);
    times([0, 10, 20, 30, 40, 50]);
    expect(times([0, 30, 40, 50, 60, 70, 80])).toEqual([0, 30, 40, 50, 60, 70, 80]);
  });
  test("of a past that grew for hours behind another tab is that of its rows", () => {
    const stateAt = (i: number) => ({
      bar_s: 10, now: iso(i), since: iso(0), instruments: [{symbol: "NVDA", price: String(i), return_since_open: i}],
      groups: [], targets: [], correlations: [], leads: [],
    }) as unknown as State;
    for (const away of [20, 60, 140, 220, 300, 420]) {
      const past = new Past(stateAt(5), null), it = new d.Derived(); // that row is the last of its wide step: it stays
      for (let i = 5; i < 2500; ++i) {
        past.take(stateAt(i));
        if (i < 955 || (i - 955) % away !== 0) continue; // looked at now and then
        const since = past.instruments.get("NVDA")?.since ?? [];
        expect([...it.update(past, "", past.ts, (row) => since[row] ?? null)], `away for ${away} rows, at ${i}`).toEqual(since);
      }
    }
  });
});

describe("a change since another moment", () => {
  test("is one over the other, less one", () => {
    expect(d.rebasedRatio(-0.19, -0.1)).toBeCloseTo(-0.1);
    expect(d.rebasedRatio(0.1, 0)).toBeCloseTo(0.1);
    expect(d.rebasedRatio(-0.1, -0.1)).toBeCloseTo(0);
    expect(d.priceChange("90", 100)).toBeCloseTo(-0.1);
  });
  test("is not known where either is not known or cannot be", () => {
    for (const it of [d.rebasedRatio(null, 0.1), d.rebasedRatio(undefined, 0.1), d.rebasedRatio(0.1, -1), d.priceChange(null, 100),
      d.priceChange(undefined, 100), d.priceChange("", 100), d.priceChange("n/a", 100), d.priceChange("90", 0), d.priceChange("90", NaN)])
      expect(it).toBeNull();
  });
  test("starts from the last row that is known by then", () => {
    const column = [null, 1, null, undefined, 5];
    expect([0, 1, 3, 4, 99, -1].map((row) => d.knownRow(column, row))).toEqual([-1, 1, 1, 4, 4, -1]);
    expect(d.knownRow([0], 0)).toBe(0); // nought is known
  });
});

const state = {
  bar_s: 10, now: iso(4), since: iso(0), source_group: "us_tech", windows_s: [120, 300],
  instruments: ["NVDA", "AMD", "BTC-USD"].map((symbol) => ({symbol})), groups: [{name: "us_tech", members: ["NVDA", "AMD"]}],
  targets: [{symbol: "BTC-USD"}, {symbol: "ETH-USD"}],
  correlations: [120.00000000000001, 300].map((window_s) => ({source: "us_tech", target: "BTC-USD", window_s})), leads: [],
} as unknown as State;
const history = {
  bar_s: 10, step_s: 10, ts: [0, 1, 2, 3, 4].map(iso),
  instruments: {
    NVDA: {price: [null, "100", "90", null, "80"], return_since_open: [null, 0, -0.1, null, -0.2]},
    AMD: {price: [null, null, null, "50", "45"], return_since_open: [null, null, null, 0, -0.1]},
  },
  groups: {us_tech: {return_since_open: [0, 0, -0.1, -0.19, -0.19]}}, targets: {},
  correlations: [{source: "us_tech", target: "BTC-USD", window_s: 120, value: [1, 2, 3, 4, 5]}],
} as unknown as History;

describe("the lines of the price chart", () => {
  const past = new Past(state, history);
  const line = (name: string, kind: Line["kind"] = "member"): Line => ({name, kind, ink: ""});
  const rounded = (column: d.Column | null) => column?.map((it) => (it === null ? null : Math.round(it * 1e9) / 1e9 + 0)) ?? null;

  test("are the members, above them the group, above it the targets, each once", () => {
    expect(linesOf(state).map(({name}) => name)).toEqual(["NVDA", "AMD", "us_tech", "BTC-USD", "ETH-USD"]);
    const both = {...state, groups: [{name: "us_tech", members: ["NVDA", "BTC-USD"]}]} as unknown as State;
    expect(linesOf(both).filter(({name}) => name === "BTC-USD")).toEqual([expect.objectContaining({kind: "target"})]);
    expect(linesOf({...state, source_group: null}).map(({kind}) => kind)).toEqual(["target", "target"]);
  });
  test("are since the first price as they were kept", () => {
    expect(new PriceColumns().column(past, line("us_tech", "group"), null)).toBe(past.groups.get("us_tech"));
    expect(new PriceColumns().column(past, line("nobody"), null)).toBeNull();
  });
  test("are since an onset of one base, the last that was known by then", () => {
    const columns = new PriceColumns(), onset = begin + 2 * bar + 5;
    expect(rounded(columns.column(past, line("us_tech", "group"), onset))).toEqual([0.111111111, 0.111111111, 0, -0.1, -0.1]);
    expect(rounded(columns.column(past, line("NVDA"), onset))).toEqual([null, 0.111111111, 0, null, -0.111111111]);
    expect(rounded(columns.column(past, line("NVDA"), begin + 3 * bar))).toEqual([null, 0.111111111, 0, null, -0.111111111]);
    expect(rounded(columns.column(past, line("NVDA"), begin + bar))).toEqual([null, 0, -0.1, null, -0.2]);
  });
  test("are unknown throughout where the base is not known", () => {
    expect(new PriceColumns().column(past, line("AMD"), begin + 2 * bar)).toEqual([null, null, null, null, null]);
    expect(new PriceColumns().column(past, line("us_tech", "group"), begin - 1)).toEqual([null, null, null, null, null]);
  });
  test("start at the onset of the alert, or at its detection where that is not known", () => {
    const alert = (started_at: string | null) => ({data: {started_at, detected_at: iso(3)}}) as unknown as AlertDocument;
    expect([onsetOf(alert(iso(1))), onsetOf(alert(null)), onsetOf(undefined)]).toEqual([begin + bar, begin + 3 * bar, null]);
  });
});

describe("the rolling correlation", () => {
  const pair = (value: d.Column, samples: d.Column, tainted: (boolean | null)[] = value.map(() => false)): PastCorrelation =>
    ({value, samples, tainted, baseline: value.map(() => 0.3), standard_error: value.map(() => 0.1)});
  const past = (rows: number) => ({ts: Array.from({length: rows}, (_, i) => i * bar)}) as unknown as Past;

  test("is in doubt with few samples or gaps; what is unknown is not held against it", () => {
    expect([d.isDoubtful(9, false, 10), d.isDoubtful(0, false, 10), d.isDoubtful(99, true, 10)]).toEqual([true, true, true]);
    expect([d.isDoubtful(10, false, 10), d.isDoubtful(null, null, 10), d.isDoubtful(undefined, undefined, 10)]).toEqual([false, false, false]);
  });
  test("is one line where it is sure, another where it is in doubt, and the two meet", () => {
    const {sure, doubtful} = new RollingColumns().update(past(6), "k", pair([0.1, 0.2, 0.3, 0.4, 0.5, null], [30, 30, 5, 5, 30, 30]));
    expect(sure).toEqual([0.1, 0.2, null, null, 0.5, null]);
    expect(doubtful).toEqual([null, 0.2, 0.3, 0.4, 0.5, null]);
  });
  test("says the same row by row as at once", () => {
    const values = [0.1, 0.2, 0.3, null, 0.5, 0.6], samples = [5, 30, 30, 30, 5, 30], tainted = [false, false, true, false, false, false];
    const grown = new RollingColumns(), owner = past(0), growing = pair([], [], []);
    let last = grown.update(owner, "k", growing);
    for (const [i, value] of values.entries()) {
      owner.ts.push(i * bar);
      growing.value.push(value);
      growing.samples.push(samples[i] ?? null);
      growing.tainted.push(tainted[i] ?? null);
      growing.baseline.push(0.3);
      growing.standard_error.push(0.1);
      last = grown.update(owner, "k", growing);
    }
    expect(last).toEqual(new RollingColumns().update(past(6), "k", pair(values, samples, tainted)));
  });
  test("follows its latest row while that still changes, and the row before with it", () => {
    const columns = new RollingColumns(), owner = past(3), it = pair([0.1, 0.2, 0.3], [30, 30, 30]);
    expect(columns.update(owner, "k", it).doubtful).toEqual([null, null, null]);
    it.tainted[2] = true;
    expect(columns.update(owner, "k", it)).toMatchObject({sure: [0.1, 0.2, null], doubtful: [null, 0.2, 0.3]});
  });
  test("has a band around what is usual, within what a correlation can be, and none where either is not known", () => {
    expect([d.bandEdge(0.3, 0.1, 2), d.bandEdge(0.3, 0.1, -2)].map((it) => it?.toFixed(2))).toEqual(["0.50", "0.10"]);
    expect([d.bandEdge(0.9, 0.1, 2), d.bandEdge(-0.9, 0.1, -2)]).toEqual([1, -1]);
    expect([d.bandEdge(null, 0.1, 2), d.bandEdge(0.3, null, 2), d.bandEdge(undefined, undefined, 2)]).toEqual([null, null, null]);
  });
  test("is that of the chosen pair and window, whose seconds may differ in the last digit", () => {
    const kept = new Past({...state, correlations: state.correlations.map((row) => ({...row, window_s: Math.round(row.window_s)}))}, history);
    expect(pairOf({...state, windows_s: [120.00000000000001, 300], correlations: state.correlations.map((row) => ({...row, window_s: Math.round(row.window_s)}))},
      kept, "BTC-USD", 0)?.value).toEqual([1, 2, 3, 4, 5]);
    expect(pairOf(state, new Past(state, null), "BTC-USD", 0)).not.toBeNull();
    expect([pairOf(state, kept, "ETH-USD", 0), pairOf(state, kept, "BTC-USD", 7), pairOf({...state, source_group: null}, kept, "BTC-USD", 0)])
      .toEqual([null, null, null]);
  });
  test("has an axis up to one and down to zero, or as far below as it goes", () => {
    expect([null, 0.4, -0.1, -0.3, -1.2, Infinity].map(correlationRange)).toEqual([[0, 1], [0, 1], [-0.25, 1], [-0.5, 1], [-1, 1], [0, 1]]);
  });
});

describe("what panels say alike", () => {
  test("an unknown change is neither up nor down", () => {
    expect([0.1, -0.1, 0, null, undefined].map(signOf)).toEqual(["up", "down", "", "", ""]);
  });
  test("every cause of doubt has words, one of tomorrow its own name", () => {
    const row = (taint: string[], diverged: Instrument["diverged"] = []) => ({taint, diverged}) as unknown as Instrument;
    const causes = ["gap", "stale", "divergence", "clock", "frozen"];
    const told = doubts(row(causes));
    expect(new Set(told).size).toBe(5);
    for (const text of told) expect(text.length).toBeGreaterThan(10);
    expect(doubts(row(["eclipse"]))[0]).toMatch(/eclipse/);
    const off = doubts(row([], [{feed: "kraken", ratio: 0.012}, {feed: "okx", ratio: -0.02}, {feed: "x", ratio: null}])).map((text) => text.replaceAll("\u00a0", " "));
    expect(off).toEqual([expect.stringMatching(/kraken 1\.2 % above/), expect.stringMatching(/okx .*2\.0 % below/), expect.stringMatching(/x disagrees/)]);
    expect(doubts(row([]))).toEqual([]);
  });
  test("a target has its colour by its place", () => {
    const targets = ["A", "B", "C", "D", "E"].map((symbol) => ({symbol})) as unknown as Target[];
    expect(["A", "D", "E", "nobody"].map((it) => targetColour(targets, it))).toEqual(["--target-0", "--target-3", "--target-0", "--target-0"]);
  });
});
