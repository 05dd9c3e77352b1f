// Who moves first without a page: what may be claimed of a lead, and where its arrow points.
import {describe, expect, test} from "vitest";

import {arrow, leadLanes, thickness} from "../../../daemon/web/src/desk/lead_lanes";
import {intervalText, leadGround, leadSentence, tellLead} from "../../../daemon/web/src/desk/lead_words";
import type {Lead} from "../../../daemon/web/src/model/api";

const lead = (more: Partial<Lead> = {}): Lead => ({
  source: "NVDA", target: "BTC-USD", verdict: "led", seconds: 41.2, low: 22, high: 60, correlation: 0.5, correlation_standard_error: 0.1,
  ratio: 2, ticks_source: 900, ticks_target: 1200, tainted: false, ts: "2025-01-27T14:42:00Z", ...more,
});

describe("a lead", () => {
  test("is the source's where the lag is positive", () => {
    expect(tellLead(lead())).toMatchObject({isClaimed: true, first: "NVDA", second: "BTC-USD", seconds: 41.2, interval: [22, 60]});
    expect(leadSentence(lead())).toMatch(/^NVDA .*41 s before BTC-USD .*22 to 60 s/);
  });
  test("is the target's where the lag is negative, and its interval is turned with it", () => {
    const told = tellLead(lead({seconds: -41.2, low: -60, high: -22}));
    expect(told).toMatchObject({isClaimed: true, first: "BTC-USD", second: "NVDA", seconds: 41.2, interval: [22, 60]});
    expect(leadSentence(lead({seconds: -41.2, low: -60, high: -22}))).toMatch(/^BTC-USD .*41 s before NVDA .*22 to 60 s/);
  });
  test("is not claimed with zero in its interval, whatever the verdict says", () => {
    for (const [seconds, low, high] of [[5, -1, 11], [-5, -11, 1], [5, 0, 10], [-5, -10, 0], [0, -3, 3]] as const) {
      const row = lead({seconds, low, high});
      expect(tellLead(row)).toMatchObject({isClaimed: false, seconds: null, interval: null});
      expect(leadSentence(row)).toMatch(/together/);
      expect(leadSentence(row)).not.toMatch(/before/);
    }
  });
  test("of no time at all is nobody's", () => {
    expect(tellLead(lead({seconds: 0, low: null, high: null}))).toMatchObject({isClaimed: false, seconds: null});
  });
  test("whose interval or seconds are not known says so", () => {
    for (const row of [lead({low: null}), lead({high: null})]) {
      expect(tellLead(row)).toMatchObject({isClaimed: true, interval: null});
      expect(leadSentence(row)).toMatch(/interval not known/);
    }
    expect(tellLead(lead({seconds: null}))).toMatchObject({isClaimed: false, seconds: null});
    expect(leadSentence(lead({seconds: null}))).toMatch(/not known/);
    expect(intervalText(null)).toBe("");
    expect(intervalText([22, 60])).toMatch(/22.*60/);
  });
  test("that is not claimed names its reason, short and long, whatever the verdict", () => {
    const verdicts = ["too_few_ticks", "no_variance", "not_significant", "spans_zero", "finer_than_ticks", "at_the_edge", "one_of_tomorrow", null];
    const told = verdicts.map((verdict) => tellLead(lead({verdict})));
    for (const it of told) {
      expect(it).toMatchObject({isClaimed: false, seconds: null, interval: null});
      expect(it.reason.short).toMatch(/^[^_]{3,}$/);
      expect(it.reason.long).toMatch(/^[^_]{3,}$/);
    }
    expect(new Set(told.map(({reason}) => reason.long)).size).toBe(verdicts.length);
    expect(told.at(-1)?.reason.long).toMatch(/not measured/);
    expect(told.at(-2)?.reason.long).toMatch(/one of tomorrow/);
    for (const verdict of verdicts) expect(leadSentence(lead({verdict}))).not.toMatch(/before/);
  });
  test("rests on its ticks and its correlation, and tells only what is known of them", () => {
    expect(leadGround(lead())).toMatch(/0\.50.*0\.10.*900.*1200/);
    expect(leadGround(lead())).not.toMatch(/gaps|best lag/);
    expect(leadGround(lead({tainted: true}))).toMatch(/gaps/);
    expect(leadGround(lead({verdict: "not_significant"}))).toMatch(/best lag 41/);
    expect(leadGround(lead({correlation_standard_error: null}))).not.toMatch(/±/);
    const nothing = {correlation: null, correlation_standard_error: null, ticks_source: 0, ticks_target: 0};
    expect(leadGround(lead(nothing))).toBe("");
    expect(leadGround(lead({...nothing, tainted: true}))).toMatch(/gaps/);
    expect(leadGround(lead({ticks_source: 0}))).toMatch(/0 and 1200/);
  });
});

describe("the arrow of a lead", () => {
  const lanes = leadLanes(600, 80, 3, 2);
  const points = (tip: string): [number, number][] => tip.split(" ").map((it) => it.split(",").map(Number) as [number, number]);

  test("points from who leads to who follows", () => {
    const forward = arrow(lanes, 1, 0, true, 0.5), back = arrow(lanes, 1, 0, false, 0.5);
    expect(forward.to).toBeGreaterThan(forward.from);
    expect(back.to).toBeLessThan(back.from);
    // The head begins where the line ends, and its tip is where the other arrow begins.
    const xs = (tip: string) => points(tip).map(([x]) => x);
    expect(Math.max(...xs(forward.tip))).toBeCloseTo(back.from, 0);
    expect(Math.min(...xs(forward.tip))).toBeCloseTo(forward.to, 0);
    expect(Math.min(...xs(back.tip))).toBeCloseTo(forward.from, 0);
    expect(Math.max(...xs(back.tip))).toBeCloseTo(back.to, 0);
    expect(forward.middle).toBe(back.middle);
  });
  test("has no head where nobody is said to lead", () => {
    expect(arrow(lanes, 0, 0, null, 0.9)).toMatchObject({tip: "", thickness: 1.5});
  });
  test("is thicker the closer the tie, whatever its sign, and thinnest where that is not known", () => {
    expect(thickness(0.8)).toBeGreaterThan(thickness(0.3));
    expect(thickness(-0.8)).toBe(thickness(0.8));
    expect(thickness(7)).toBe(thickness(1));
    expect(thickness(null)).toBe(thickness(0));
  });
  test("lies in the lane of its target and the row of its source, within the drawing", () => {
    for (const room of [300, 600, 1200]) {
      const it = leadLanes(room, 80, 3, 2);
      expect(it.width).toBeGreaterThanOrEqual(room);
      const ends: number[] = [];
      for (const target of [0, 1]) {
        const at = arrow(it, 2, target, null, null);
        ends.push(at.from, at.to);
        expect([at.y > it.head, at.y < it.height, at.to <= it.width, at.from >= 80]).toEqual([true, true, true, true]);
      }
      expect(ends).toEqual([...ends].sort((a, b) => a - b));
      expect(arrow(it, 1, 0, null, null).y - arrow(it, 0, 0, null, null).y).toBe(it.row);
    }
  });
});
