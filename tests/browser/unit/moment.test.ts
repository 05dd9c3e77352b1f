// A moment of the past without a page: which stretch is shown, and the state at one of its rows.
import {describe, expect, test} from "vitest";

import type {AlertDocument, History, State} from "../../../daemon/web/src/model/api";
import {Past} from "../../../daemon/web/src/model/past";
import {beginningsAfter, beginningsAt, stateAt} from "../../../daemon/web/src/moment/state_at";
import {barMs, stretchOf} from "../../../daemon/web/src/moment/window";
import {placeOf} from "../../../daemon/web/src/moment/words";

const at = (minutes: number): number => Date.parse("2025-01-27T14:42:00Z") + minutes * 60000;
const iso = (minutes: number): string => new Date(at(minutes)).toISOString();
const alert = (started: number | null, ended: number | null) =>
  ({started_at: started === null ? null : iso(started), detected_at: iso(0), ended_at: ended === null ? null : iso(ended)});

describe("the stretch of an alert", () => {
  const minutes = (data: ReturnType<typeof alert>, now = 1e6) => {
    const {from, to, detected} = stretchOf(data, at(now));
    expect(detected).toBe(at(0));
    return [(from - at(0)) / 60000, (to - at(0)) / 60000];
  };
  test("begins before the onset and ends with the episode", () => expect(minutes(alert(-6, 18))).toEqual([-12, 18]));
  test("of what is open ends a while after the detection", () => expect(minutes(alert(-6, null))).toEqual([-12, 15]));
  test("never reaches past now", () => expect(minutes(alert(-6, null), 3)).toEqual([-12, 3]));
  test("without an onset begins before the detection", () => expect(minutes(alert(null, null))).toEqual([-6, 15]));
  test("of a long episode is cut, and still holds the detection", () => {
    expect(minutes(alert(-6, 600))).toEqual([-12, 108]);
    expect(minutes(alert(-400, 5))).toEqual([-90, 5]);
  });
  test("is played in the same time however many bars it has", () => {
    for (const rows of [10, 126, 720]) expect(barMs(rows, 1) * rows).toBeCloseTo(25000);
    expect(barMs(100, 4) * 4).toBeCloseTo(barMs(100, 1));
  });
});

test("a time is told by its place before or after the alert", () => {
  expect([0, -72000, 5000, 120000].map((d) => placeOf(at(0) + d, at(0)).replaceAll("\u00a0", " ")))
    .toEqual(["at the alert", "1 min 12 s before the alert", "5 s after the alert", "2 min after the alert"]);
});

// ---- the state at a row ----

const live = {
  mode: "demo", now: iso(60), wall: iso(60), since: iso(-12), bar_s: 60, windows_s: [300], source_group: "us_tech",
  instruments: [{symbol: "NVDA", role: "source", price: "99", return_since_open: -0.09, change_24h: -0.1, stale: true, taint: ["gap"],
    feeds_fresh: 2, feeds_agreeing: 1, diverged: [{feed: "x", ratio: 0.1}], ts_price: iso(60), ts: iso(60)}],
  groups: [{name: "us_tech", members: ["NVDA"], return_since_open: -0.09}],
  targets: [{symbol: "BTC-USD", regime: "over", since: iso(50), score: 0.1, limiting: "source_fall", warmup: 1, suspended: true, direction: "decoupled"}],
  correlations: [{source: "us_tech", target: "BTC-USD", window_s: 300, value: 0.9, baseline: 0.1, standard_error: 0.01, samples: 99, tainted: true}],
  leads: [{source: "us_tech", target: "BTC-USD", verdict: "led", seconds: 9, low: 8, high: 10, correlation: 0.5, ratio: 2, ticks_source: 5, ticks_target: 6, tainted: true, ts: iso(60)}],
  links: [{source: "us_tech", target: "BTC-USD", partial: 0.5, partial_samples: 30, tainted: true, ts: iso(60)}],
  series: [{series: "us_tech", selloff_z: -4, tainted: true, ts: iso(60)}],
  selloff: [{series: "us_tech", horizon_s: 600, return_ratio: -0.05, tainted: true}],
  tick_correlations: [{source: "us_tech", target: "BTC-USD", value: 0.7, samples: 200, tainted: true, ts: iso(60)}],
  impact: [{source: "us_tech", value_lost_usd: 1e12, share: 0.3, covered: 1, as_of: "2025-01-24", ts: iso(60)}],
  feeds: [{name: "x", venue: "x", state: "up", since: null}],
  sessions: [
    {calendar: "XNYS", state: "regular", since: iso(-12), until: iso(378), symbols: ["NVDA"]},
    {calendar: "CMES", state: "closed", since: iso(30), until: iso(90), symbols: ["NQ"]},
  ],
  episodes: [{id: "now"}], silences: [{id: "S1"}], silences_active: 1, silenced: [], acknowledged: [], annotations: [],
} as unknown as State;

const regimes = ["calm", "calm", "elevated", "contagion", "contagion", null] as const;
const history = {
  bar_s: 60, step_s: 0, ts: [-3, -2, -1, 0, 1, 2].map(iso),
  instruments: {NVDA: {price: ["6", "5", "4", "3", "2", null], return_since_open: [0, -0.01, -0.02, -0.03, -0.04, null]}},
  groups: {us_tech: {return_since_open: [0, -0.01, -0.02, -0.03, -0.04, null]}},
  targets: {"BTC-USD": {score: [0.1, 0.2, 0.6, 0.9, 1, null], regime: regimes.slice()}},
  correlations: [{source: "us_tech", target: "BTC-USD", window_s: 300, value: [0, 0.1, 0.2, 0.3, 0.4, null],
    baseline: [0.3, 0.3, 0.3, 0.3, 0.3, null], standard_error: [0.1, 0.1, 0.1, 0.1, 0.1, null], samples: [10, 11, 12, 13, 14, null],
    tainted: [false, false, true, false, false, null]}],
  leads: [{source: "us_tech", target: "BTC-USD", seconds: [null, null, 44, 45, 46, null], low: [null, null, 40, 41, 42, null],
    high: [null, null, 50, 51, 52, null], verdict: [null, "too_few_ticks", "led", "led", "led", null]}],
} as unknown as History;

const episode = (id: string, detected: number, ended: number | null): AlertDocument => ({
  type: "contagion.alert.resolved", timestamp: iso(60),
  data: {id, revision: 3, rule: "tech_to_crypto", severity: "critical", ...alert(-6, ended), detected_at: iso(detected), title: "t",
    summary: "what was measured later", score: 1, source: {group: "us_tech", leader: "NVDA", leader_confidence: 1},
    targets: [{symbol: "BTC-USD"}], attribution: {class: "tech"}, data_quality: {degraded: false}},
} as unknown as AlertDocument);

describe("the state at a row", () => {
  const past = new Past(live, history);
  const none = beginningsAt(past, 0);
  const state = (row: number) => stateAt(live, past, row, [episode("A", 0, 1), episode("B", 5, null)], none);

  test("is what was kept of it", () => {
    const then = state(3);
    expect(then.now).toBe(iso(0));
    expect(then.instruments[0]).toMatchObject({price: "3", return_since_open: -0.03});
    expect(then.groups[0]?.return_since_open).toBe(-0.03);
    expect(then.targets[0]).toMatchObject({regime: "contagion", score: 0.9, since: iso(0)});
    expect(then.correlations[0]).toMatchObject({value: 0.3, baseline: 0.3, standard_error: 0.1, samples: 13, tainted: false});
    expect(then.leads[0]).toMatchObject({verdict: "led", seconds: 45, low: 41, high: 51});
  });
  test("holds nothing of now where nothing was kept", () => {
    for (const row of [3, 5]) {
      const then = state(row);
      expect(then.instruments[0]).toMatchObject({change_24h: null, stale: false, taint: [], feeds_fresh: 0, diverged: []});
      expect(then.targets[0]).toMatchObject({limiting: "none", suspended: false, direction: "none", warmup: null});
      expect(then.links[0]).toMatchObject({partial: null, partial_samples: 0, ts: null});
      expect(then.series[0]).toMatchObject({selloff_z: null, ts: null});
      expect(then.selloff[0]).toMatchObject({return_ratio: null});
      expect(then.tick_correlations[0]).toMatchObject({value: null, samples: 0});
      expect(then.impact[0]).toMatchObject({value_lost_usd: null, share: null});
      expect([then.feeds, then.silences, then.silences_active]).toEqual([[], [], 0]);
      expect(JSON.stringify(then)).not.toContain("what was measured later");
    }
  });
  test("is unknown at a row that holds nothing", () => {
    const then = state(5);
    expect(then.instruments[0]).toMatchObject({price: null, return_since_open: null, ts: null});
    expect(then.correlations[0]).toMatchObject({value: null, baseline: null, samples: 0});
    expect(then.leads[0]).toMatchObject({verdict: null, seconds: null, ts: null});
    expect(then.targets[0]).toMatchObject({score: null});
  });
  test("has the episodes that were open then", () => {
    expect([2, 3, 4].map((row) => state(row).episodes.map(({id}) => id))).toEqual([[], ["A"], []]);
  });
  test("knows a session as far as that of now reaches back", () => {
    expect(state(3).sessions?.map((row) => row.state)).toEqual(["regular", null]);
  });
  test("leaves the live state as it was", () => {
    const before = JSON.stringify(live);
    state(3);
    expect(JSON.stringify(live)).toBe(before);
  });
});

describe("since when a regime lasts", () => {
  const past = new Past(live, history);
  const since = (row: number, from: Past, beginnings: ReturnType<typeof beginningsAt>) => stateAt(live, from, row, [], beginnings).targets[0]?.since;
  test("is its first row", () => expect(since(4, past, beginningsAt(past, 0))).toBe(iso(0)));
  test("is unknown where it began before what is kept", () => expect(since(1, past, beginningsAt(past, 0))).toBeNull());
  test("is known in a part from the rows before it", () => {
    const part = past.part(live, 4, 5);
    expect(since(0, part, beginningsAt(past, 4))).toBe(iso(0));
  });
  test("comes from the time before a stretch that was fetched by itself", () => {
    const part = past.part(live, 4, 5);
    const before = {ts: history.ts.slice(0, 4), targets: {"BTC-USD": {score: [], regime: regimes.slice(0, 4)}}} as unknown as History;
    expect(since(0, part, beginningsAfter(before, part))).toBe(iso(0));
    expect(since(0, part, beginningsAfter(null, part))).toBeNull();
    const other = {...before, targets: {"BTC-USD": {score: [], regime: ["calm", "calm", "calm", "calm"]}}} as unknown as History;
    expect(since(0, part, beginningsAfter(other, part))).toBe(iso(1));
  });
});

describe("the past in two answers", () => {
  test("is one, without the rows that both have", () => {
    const cut = (first: number, end: number): History => ({...history, ts: history.ts.slice(first, end), groups: {us_tech: {return_since_open: (history.groups["us_tech"]?.return_since_open ?? []).slice(first, end)}}});
    const past = new Past(live, {...cut(0, 4), step_s: 120});
    expect(past.fineFrom).toBe(Infinity);
    past.append(new Past(live, cut(2, 6)));
    expect(past.ts).toEqual([-3, -2, -1, 0, 1, 2].map(at));
    expect(past.groups.get("us_tech")).toEqual([0, -0.01, -0.02, -0.03, -0.04, null]);
    expect(past.fineFrom).toBe(at(-1));
    for (const column of [past.targets.get("BTC-USD")?.score, past.instruments.get("NVDA")?.price]) expect(column?.length).toBe(6);
  });
});
