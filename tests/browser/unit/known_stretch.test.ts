// Whether a moment can be shown at once from what the page has kept.
import {describe, expect, test} from "vitest";

import type {History, State} from "../../../daemon/web/src/model/api";
import {Past} from "../../../daemon/web/src/model/past";
import {knownStretch} from "../../../daemon/web/src/moment/load";

const at = (rows: number): number => Date.parse("2025-01-27T14:30:00Z") + rows * 10_000;
const state = {
  bar_s: 10, now: new Date(at(9)).toISOString(), since: new Date(at(0)).toISOString(), instruments: [{symbol: "NVDA"}], groups: [],
  targets: [{symbol: "BTC-USD"}], correlations: [], leads: [],
} as unknown as State;
const history = (step_s: number): History => ({
  bar_s: 10, step_s, ts: Array.from({length: 10}, (_, i) => new Date(at(i)).toISOString()),
  instruments: {NVDA: {price: Array.from({length: 10}, (_, i) => String(i)), return_since_open: new Array<number>(10).fill(0)}},
  groups: {}, targets: {"BTC-USD": {score: new Array<number>(10).fill(0), regime: new Array<"calm">(10).fill("calm")}}, correlations: [],
});
const stretch = (from: number, to: number) => ({from: at(from), to: at(to), detected: at(from)});

describe("a stretch of the past", () => {
  const past = new Past(state, history(10));
  test("that was kept bar by bar is shown at once, both ends included", () => {
    const kept = knownStretch(state, past, stretch(2, 5))?.past;
    expect(kept?.ts).toEqual([2, 3, 4, 5].map(at));
    expect(kept?.instruments.get("NVDA")?.price).toEqual(["2", "3", "4", "5"]);
  });
  test("does not change with what comes later", () => {
    const kept = knownStretch(state, past, stretch(7, 9))?.past;
    past.take({...state, now: new Date(at(10)).toISOString(), instruments: [{symbol: "NVDA", price: "10", return_since_open: 0}], targets: [{symbol: "BTC-USD"}]} as unknown as State);
    expect(kept?.ts).toEqual([7, 8, 9].map(at));
  });
  test("that reaches further back, is kept in wide steps only, or has no row, is asked for", () => {
    expect(knownStretch(state, past, stretch(-5, 5))).toBeNull();
    expect(knownStretch(state, new Past(state, history(60)), stretch(2, 5))).toBeNull();
    expect(knownStretch(state, past, stretch(50, 60))).toBeNull();
    expect(knownStretch(state, null, stretch(2, 5))).toBeNull();
  });
});
