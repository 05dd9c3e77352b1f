// What surrounds the lines of a chart: ticks, the grid, which rows are seen, names at the lines' ends.
import {describe, expect, test, vi} from "vitest";

vi.mock("../../../daemon/web/src/page/theme", () => ({colour: (name: string) => name, onTheme: () => () => undefined}));

import {drawAxes} from "../../../daemon/web/src/desk/chart_axes";
import {drawEnds, type End} from "../../../daemon/web/src/desk/chart_ends";
import {clipped, fitted} from "../../../daemon/web/src/desk/chart_ink";
import {placeLabels, type Place} from "../../../daemon/web/src/desk/label_places";
import type {Pen} from "../../../daemon/web/src/desk/time_chart";
import * as t from "../../../daemon/web/src/desk/time_ticks";
import {valueRange, visibleRows} from "../../../daemon/web/src/desk/visible_rows";
import {seeded, seeds} from "./seeded";

const minute = 60_000, hour = 60 * minute;
const noon = Date.parse("2025-01-27T12:00:00Z");

describe("the ticks of an axis", () => {
  test("of time leave each label its room, and are no sparser than they must be", () => {
    let before = 0;
    for (const span of [minute, 10 * minute, hour, 2 * hour, 6.5 * hour, 24 * hour, 10 * t.day, 400 * t.day]) {
      const step = t.timeStep(span, 900, 84);
      expect((span / step) * 84).toBeLessThanOrEqual(900);
      expect(step).toBeGreaterThanOrEqual(before);
      before = step;
      expect(t.timeStep(span, 300, 84)).toBeGreaterThanOrEqual(step);
    }
    expect([t.timeStep(2 * hour, 900, 84), t.timeStep(24 * hour, 900, 84)]).toEqual([15 * minute, 4 * hour]);
  });
  test("lie on whole multiples within the axis, both ends included, without errors that add up", () => {
    expect(t.ticks(-0.3, 0.3, 0.1)).toHaveLength(7);
    expect(t.ticks(-0.3, 0.3, 0.1).map((it) => Number(it.toFixed(12)) + 0)).toEqual([-0.3, -0.2, -0.1, 0, 0.1, 0.2, 0.3]);
    expect(t.ticks(0.11, 0.39, 0.1).map((it) => it.toFixed(1))).toEqual(["0.2", "0.3"]);
    expect(t.ticks(noon + 1, noon + hour, 15 * minute)).toEqual([1, 2, 3, 4].map((n) => noon + n * 15 * minute));
    expect([t.ticks(0, 1, 0), t.ticks(0, 1, NaN), t.ticks(0, 1, -1), t.ticks(2, 1, 1)]).toEqual([[], [], [], []]);
    expect(t.ticks(0, 1e9, 1).length).toBeLessThanOrEqual(200);
  });
  test("of time say the minute, closer ones the second, and midnight the day that begins", () => {
    expect([t.timeLabel(noon, minute, "utc"), t.timeLabel(noon, minute, "ny")]).toEqual(["12:00", "07:00"]);
    expect(t.timeLabel(noon + 10_000, 10_000, "utc")).toBe("12:00:10");
    expect(t.timeLabel(noon + 12 * hour, hour, "utc")).toMatch(/28 Jan/);
    expect(t.timeLabel(noon + 12 * hour, hour, "ny")).toBe("19:00");
    expect(t.timeLabel(noon + 17 * hour, hour, "ny")).toMatch(/28 Jan/);
  });
  test("of values are 1, 2 or 5 times a power of ten, at most so many, and told apart in per cent", () => {
    for (const span of [0.0004, 0.0031, 0.02, 0.05, 0.21, 1, 2, 7, 9.99])
      for (const parts of [1, 4, 5, 8]) {
        const step = t.valueStep(span, parts);
        expect(span / step).toBeLessThanOrEqual(parts + 1e-6);
        expect(["1", "2", "5"]).toContain(step.toExponential(6)[0]);
        expect(step).toBeLessThan((span / parts) * 5 / 2 + 1e-9);
        const labels = t.ticks(-span, span, step).map((it) => (it * 100).toFixed(t.percentDecimals(step)).replace(/^-(0\.?0*)$/, "$1"));
        if (step >= 1e-6) expect(new Set(labels).size).toBe(labels.length);
      }
    expect([0.1, 0.01, 0.005, 0.001, 0.0002].map(t.percentDecimals)).toEqual([0, 0, 1, 1, 2]);
  });
  test("of changes hold what is seen and zero, unless zero is far off; of nothing a range all the same", () => {
    for (const [low, high] of [[-0.09, 0.01], [0.01, 0.03], [-0.03, -0.015], [0.5, 0.51], [-0.5, -0.49], [0, 0]] as const) {
      const [from, to] = t.changeRange(low, high);
      expect(from).toBeLessThan(low);
      expect(to).toBeGreaterThan(high);
    }
    expect(t.changeRange(0.01, 0.03)[0]).toBeLessThan(0);
    expect(t.changeRange(-0.03, -0.015)[1]).toBeGreaterThan(0);
    expect(t.changeRange(0.5, 0.51)[0]).toBeGreaterThan(0);
    expect(t.changeRange(-0.5, -0.49)[1]).toBeLessThan(0);
    for (const [low, high] of [[null, null], [null, 1], [NaN, 1], [Infinity, -Infinity]] as const) {
      const [from, to] = t.changeRange(low, high);
      expect([from < 0, to > 0, Number.isFinite(from + to)]).toEqual([true, true, true]);
    }
  });
});

/** A canvas that remembers what was written and drawn on it; each letter is six pixels wide. */
function paper() {
  const texts: {text: string; x: number; y: number; style: unknown}[] = [], rects: number[][] = [], dots: number[][] = [];
  const g = {
    fillStyle: "", fillText(text: string, x: number, y: number) { texts.push({text, x, y, style: this.fillStyle}); },
    fillRect: (...box: number[]) => rects.push(box), measureText: (text: string) => ({width: [...text].length * 6}),
    arc: (x: number, y: number) => dots.push([x, y]), beginPath() {}, fill() {}, moveTo() {}, lineTo() {}, stroke() {},
  };
  return {g: g as unknown as CanvasRenderingContext2D, texts, rects, dots};
}
const stretch = {from: noon, to: noon + 2 * hour};
const penOn = (g: CanvasRenderingContext2D, more: Partial<Pen> = {}): Pen => ({
  g, left: 54, right: 954, top: 8, bottom: 208, room: 112, narrow: false,
  x: (at) => 54 + ((at - stretch.from) / (stretch.to - stretch.from)) * 900, y: (value) => 208 - ((value + 1) / 2) * 200, ...more,
});

describe("the grid of a chart", () => {
  const axes = {stretch, low: -1, high: 1, ticks: () => [-1, 0, 1], label: (value: number, step: number) => `${value}/${step}`, timeAxis: true};
  test("has a line and a label for each value, beside the plot and at its height", () => {
    const {g, texts, rects} = paper();
    drawAxes(penOn(g), axes);
    const values = texts.filter(({text}) => text.includes("/"));
    expect(values.map(({text}) => text)).toEqual(["-1/1", "0/1", "1/1"]);
    expect(values.map(({y}) => y)).toEqual([208, 108, 8]);
    for (const {x} of values) expect(x).toBeLessThan(54);
    expect(rects.filter(([, , width]) => width === 900)).toHaveLength(3);
  });
  test("tells the same times in New York and UTC, each in a row of its own with its name", () => {
    const {g, texts, rects} = paper();
    drawAxes(penOn(g), axes);
    const rowOf = (name: string) => {
      const y = texts.find(({text}) => text === name)?.y;
      return texts.filter((it) => it.y === y && it.text !== name);
    };
    const [ny, utc] = [rowOf("NY"), rowOf("UTC")];
    expect(utc.map(({text}) => text)).toEqual(["12:00", "12:15", "12:30", "12:45", "13:00", "13:15", "13:30", "13:45", "14:00"]);
    expect(ny.map(({text}) => text)).toEqual(["07:00", "07:15", "07:30", "07:45", "08:00", "08:15", "08:30", "08:45", "09:00"]);
    expect(ny.map(({x}) => x)).toEqual(utc.map(({x}) => x));
    expect(rects.filter(([, , width]) => width === 1)).toHaveLength(9);
    for (const {y} of [...ny, ...utc]) expect(y).toBeGreaterThan(208);
  });
  test("has fewer times where it is narrow, and none where another chart below tells them", () => {
    const narrow = paper(), bare = paper();
    drawAxes(penOn(narrow.g, {narrow: true, right: 254}), axes);
    expect(narrow.texts.filter(({text}) => /^\d\d:/.test(text)).length).toBeLessThanOrEqual(2 * 4);
    drawAxes(penOn(bare.g), {...axes, timeAxis: false});
    expect(bare.texts.filter(({text}) => !text.includes("/"))).toEqual([]);
  });
});

describe("the rows that are seen", () => {
  const ts = [10, 20, 30, 40];
  test("are those within the stretch, both ends included", () => {
    expect(visibleRows(ts, {from: 20, to: 30})).toEqual({from: 1, to: 2});
    expect(visibleRows(ts, {from: 11, to: 39})).toEqual({from: 1, to: 2});
    expect(visibleRows(ts, {from: -5, to: 99})).toEqual({from: 0, to: 3});
    for (const none of [{from: 21, to: 29}, {from: 50, to: 60}, {from: 1, to: 5}]) {
      const {from, to} = visibleRows(ts, none);
      expect(to).toBeLessThan(from);
    }
    expect(visibleRows([], {from: 0, to: 9})).toEqual({from: 0, to: -1});
  });
  test("are those that a look at each row finds", () => {
    for (const seed of seeds(200)) {
      const random = seeded(seed), times: number[] = [];
      for (let at = 0, n = Math.floor(random() * 30); times.length < n; at += 1 + Math.floor(random() * 4)) times.push(at);
      const from = Math.floor(random() * 40), to = from + Math.floor(random() * 40);
      const seen = visibleRows(times, {from, to}), found: number[] = [];
      for (let i = seen.from; i <= seen.to; ++i) found.push(times[i] ?? NaN);
      expect(found, `seed ${seed}`).toEqual(times.filter((it) => it >= from && it <= to));
    }
  });
  test("reach from the lowest to the highest of all columns; what is absent is not 0", () => {
    expect(valueRange([[5, 1, null, 9], [4, null, 6, -9]], {from: 1, to: 2})).toEqual([1, 6]);
    expect(valueRange([[-5, null]], {from: 0, to: 1})).toEqual([-5, -5]);
    expect(valueRange([[null, null], []], {from: 0, to: 1})).toEqual([null, null]);
    expect(valueRange([[1, 2]], {from: 1, to: 0})).toEqual([null, null]);
  });
});

describe("names at the lines' ends", () => {
  const edges = (labels: readonly Place[], places: readonly (number | null)[]) =>
    places.flatMap((at, i) => (at === null ? [] : [{i, low: at - (labels[i]?.size ?? 0) / 2, high: at + (labels[i]?.size ?? 0) / 2}]));

  test("never overlap, keep their order, stay within bounds, and none is dropped where all have room", () => {
    for (const seed of seeds(500)) {
      const random = seeded(seed);
      const low = Math.floor(random() * 50), high = low + 20 + Math.floor(random() * 400);
      const labels = Array.from({length: Math.floor(random() * 14)}, (): Place => ({
        at: low - 20 + random() * (high - low + 40), size: random() < 0.5 ? 29 : 14, rank: Math.floor(random() * 5),
      }));
      const places = placeLabels(labels, low, high), told = `seed ${seed}`;
      expect(places.length, told).toBe(labels.length);
      const placed = edges(labels, places).sort((a, b) => a.low - b.low);
      for (const [n, it] of placed.entries()) {
        expect(it.low, told).toBeGreaterThanOrEqual(low - 1e-6);
        expect(it.high, told).toBeLessThanOrEqual(high + 1e-6);
        const before = placed[n - 1];
        if (!before) continue;
        expect(it.low, told).toBeGreaterThanOrEqual(before.high - 1e-6);
        expect(labels[it.i]?.at, told).toBeGreaterThanOrEqual(labels[before.i]?.at ?? Infinity);
      }
      const size = labels.reduce((sum, it) => sum + it.size, 0);
      if (size <= high - low) expect(placed.length, told).toBe(labels.length);
      // What is dropped is never more important than what stands.
      const standing = Math.max(-1, ...placed.map(({i}) => labels[i]?.rank ?? 0));
      for (const [i, at] of places.entries()) if (at === null) expect(labels[i]?.rank, told).toBeGreaterThanOrEqual(standing);
    }
  });
  test("stand where they belong where nothing is in the way, and share what is lacking", () => {
    const at = (...places: number[]) => places.map((it) => ({at: it, size: 20, rank: 0}));
    expect(placeLabels(at(50, 20, 90), 0, 100)).toEqual([50, 20, 90]);
    expect(placeLabels(at(50, 50), 0, 100)).toEqual([40, 60]);
    expect(placeLabels(at(0, 100), 0, 100)).toEqual([10, 90]);
    expect(placeLabels([], 0, 100)).toEqual([]);
    expect(placeLabels(at(50), 0, 10)).toEqual([null]);
  });

  const end = (name: string, at: number, more: Partial<End> = {}): End =>
    ({name, value: "+1.00 %", at, ink: `--${name}`, isSmall: false, rank: 0, t: null, isFaint: false, ...more});
  test("are written with their values, right of the plot, none upon another", () => {
    const {g, texts} = paper();
    drawEnds(penOn(g), [end("us_tech", 0.1), end("BTC-USD", 0.1), end("NVDA", 0.1, {isSmall: true, rank: 2})]);
    for (const name of ["us_tech", "BTC-USD", "NVDA"]) expect(texts.filter(({text}) => text === name)).toHaveLength(1);
    expect(texts.filter(({text}) => text === "+1.00 %")).toHaveLength(3);
    for (const {x} of texts) expect(x).toBeGreaterThan(954);
    const ys = texts.filter(({x, text}) => x === 968 || text === "NVDA").map(({y}) => y).sort((p, q) => p - q);
    for (const [i, y] of ys.entries()) if (i > 0) expect(y - (ys[i - 1] ?? 0)).toBeGreaterThanOrEqual(14 - 1e-9);
  });
  test("of a line that is out of sight stay within the chart, and there is no dot", () => {
    const {g, texts, dots} = paper();
    drawEnds(penOn(g), [end("us_tech", 9, {t: noon}), end("SOL-USD", 9), end("XRP-USD", 9), end("BTC-USD", -9, {t: noon}), end("ETH-USD", 0, {t: noon + hour})]);
    expect(texts).toHaveLength(10);
    for (const {y} of texts) expect([y > 0, y < 220]).toEqual([true, true]);
    expect(dots).toEqual([[504, 108]]);
  });
  test("are cut to their room, an emoji never in half", () => {
    const {g} = paper();
    expect(clipped("🚀🚀🚀🚀", 3)).toBe("🚀🚀…");
    expect(clipped("abc", 3)).toBe("abc");
    expect(fitted(g, "us_tech", 100)).toBe("us_tech");
    for (const room of [18, 24, 30, 36]) {
      const text = fitted(g, "🚀us_technology", room);
      expect(g.measureText(text).width).toBeLessThanOrEqual(room);
      expect(text).toMatch(/^🚀.*…$/u);
      expect(g.measureText(clipped("🚀us_technology", [...text].length + 1)).width).toBeGreaterThan(room); // no more than it must
    }
    expect(fitted(g, "us_tech", 5)).toBe("");
  });
});
