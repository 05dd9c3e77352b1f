// Lines of a chart against a twin that draws every row: what the pixels show must be the same.
import {describe, expect, test} from "vitest";

import type {Column} from "../../../daemon/web/src/desk/derived";
import {traceBand, traceLine, traceOutline, type ClosedPath, type Rows} from "../../../daemon/web/src/desk/line_path";
import {Past} from "../../../daemon/web/src/model/past";
import type {History, State} from "../../../daemon/web/src/model/api";
import {seeded, seeds} from "./seeded";

type Point = [number, number];

class Trace implements ClosedPath {
  readonly lines: Point[][] = [];
  closed = 0;
  moveTo(x: number, y: number): void {
    this.lines.push([[x, y]]);
  }
  lineTo(x: number, y: number): void {
    const line = this.lines.at(-1);
    if (!line) throw new Error("a line begins with a move");
    line.push([x, y]);
  }
  closePath(): void {
    ++this.closed;
  }
}

const rowsOf = (ts: number[], more: Partial<Rows> = {}): Rows =>
  ({ts, from: 0, to: ts.length - 1, joined: () => 35, x: (t) => t, y: (value) => value, ...more});

/** Every row by itself: stretches of points between gaps. */
function twin(values: Column, {ts, from, to, joined, x, y}: Rows): Point[][] {
  const out: Point[][] = [];
  let last: number | null = null;
  for (let i = from; i <= to; ++i) {
    const value = values[i], t = ts[i] ?? NaN;
    if (value === null || value === undefined) {
      last = null;
      continue;
    }
    if (last === null || t - last > joined(last)) out.push([]);
    out.at(-1)?.push([x(t), y(value)]);
    last = t;
  }
  return out;
}

/** In each column of pixels of each stretch: lowest, highest, first and last. */
function byColumn(lines: Point[][]): Map<string, {low: number; high: number; first: number; last: number}> {
  const out = new Map<string, {low: number; high: number; first: number; last: number}>();
  for (const [i, line] of lines.entries())
    for (const [x, y] of line) {
      const key = `${i} ${Math.floor(x)}`;
      const it = out.get(key);
      out.set(key, it ? {...it, low: Math.min(it.low, y), high: Math.max(it.high, y), last: y} : {low: y, high: y, first: y, last: y});
    }
  return out;
}

function randomRows(random: () => number): {values: Column; rows: Rows} {
  const ts: number[] = [], values: Column = [];
  let t = 1000, value = 0;
  const holes = random() * 0.2;
  for (let i = 0, n = 1 + Math.floor(random() * 400); i < n; ++i) {
    t += random() < 0.03 ? 36 + random() * 200 : 10;
    value += random() - 0.5;
    ts.push(t);
    values.push(random() < holes ? null : value);
  }
  const scale = 0.01 + random() * 0.3; // from forty rows a pixel to three pixels a row
  return {values, rows: rowsOf(ts, {x: (at) => (at - 1000) * scale, y: (it) => 100 - it * 10})};
}

describe("a thinned line", () => {
  test("shows in each column of pixels what a line through every row shows", () => {
    for (const seed of seeds(60)) {
      const {values, rows} = randomRows(seeded(seed));
      const drawn = new Trace(), whole = twin(values, rows);
      traceLine(drawn, values, rows);
      expect(drawn.lines.length, `seed ${seed}`).toBe(whole.length);
      // A value alone is a dot: a point more, a pixel on.
      const lines = drawn.lines.map((line, i) => {
        if (whole[i]?.length !== 1) return line;
        expect(line, `seed ${seed}`).toHaveLength(2);
        return line.slice(0, 1);
      });
      expect(byColumn(lines), `seed ${seed}`).toEqual(byColumn(whole));
      const all = new Set(whole.flat().map(String));
      for (const line of lines) {
        for (const point of line) expect(all.has(String(point)), `seed ${seed}`).toBe(true);
        expect(line.every(([x], i) => i === 0 || x > (line[i - 1]?.[0] ?? Infinity)), `seed ${seed}: to the right only`).toBe(true);
      }
    }
  });
  test("has at most four points in a column of pixels, however many rows", () => {
    const random = seeded(5), ts = Array.from({length: 8640}, (_, i) => i * 10);
    const drawn = new Trace();
    traceLine(drawn, ts.map(() => random()), rowsOf(ts, {x: (t) => t / 86.4}));
    expect(drawn.lines).toHaveLength(1);
    expect(drawn.lines[0]?.length).toBeLessThanOrEqual(4 * 1001);
  });
  test("breaks where a value is absent and where nothing was recorded; a value alone is a dot", () => {
    const drawn = new Trace();
    traceLine(drawn, [1, 2, null, 3, null, undefined as unknown as null, 4, 5, 6], rowsOf([0, 10, 20, 30, 40, 50, 60, 70, 140]));
    expect(drawn.lines).toEqual([[[0, 1], [10, 2]], [[30, 3], [31, 3]], [[60, 4], [70, 5]], [[140, 6], [141, 6]]]);
  });
  test("of nothing is nothing, and a value of 0 is a value", () => {
    const drawn = new Trace();
    traceLine(drawn, [], rowsOf([]));
    traceLine(drawn, [null, null], rowsOf([0, 10]));
    traceLine(drawn, [1, 2], rowsOf([0, 10], {from: 1, to: 0}));
    expect(drawn.lines).toEqual([]);
    traceLine(drawn, [0, 0], rowsOf([0, 10]));
    expect(drawn.lines).toEqual([[[0, 0], [10, 0]]]);
  });
  test("shows its rows only, also where more are asked for than there are", () => {
    const drawn = new Trace();
    traceLine(drawn, [1, 2, 3, 4, 5], rowsOf([0, 10, 20, 30, 40], {from: 1, to: 3}));
    expect(drawn.lines).toEqual([[[10, 2], [20, 3], [30, 4]]]);
    const more = new Trace();
    traceLine(more, [1, 2], rowsOf([0, 10], {from: -5, to: 9}));
    expect(more.lines).toEqual([[[0, 1], [10, 2]]]);
  });
  test("joins the rows of a long history that lie in wide steps, and not a hole of today", () => {
    const iso = (s: number) => new Date(Date.parse("2025-01-27T10:00:00Z") + s * 1000).toISOString();
    const state = {bar_s: 10, now: iso(0), since: iso(0), instruments: [], groups: [], targets: [], correlations: [], leads: []} as unknown as State;
    const history = (step_s: number, times: number[]) =>
      ({bar_s: 10, step_s, ts: times.map(iso), instruments: {}, groups: {}, targets: {}, correlations: []}) as unknown as History;
    const past = new Past(state, history(60, [0, 60, 120, 180]));
    past.append(new Past(state, history(10, [240, 250, 260, 320, 330])));
    const drawn = new Trace();
    traceLine(drawn, past.ts.map((_, i) => i), rowsOf(past.ts, {joined: past.joined, x: (t) => (t - (past.ts[0] ?? 0)) / 1000}));
    expect(drawn.lines.map((line) => line.map(([x]) => x))).toEqual([[0, 60, 120, 180, 240, 250, 260], [320, 330]]);
  });
});

describe("the outline of a line", () => {
  test("reaches in each column of pixels from the lowest to the highest, and to where the line came from", () => {
    for (const seed of seeds(40)) {
      const {values, rows} = randomRows(seeded(seed));
      const drawn = new Trace(), width = 2;
      traceOutline(drawn, values, width, rows);
      const whole = twin(values, rows);
      expect([drawn.lines.length, drawn.closed], `seed ${seed}`).toEqual([whole.length, whole.length]);
      for (const [i, line] of whole.entries()) {
        const expected = new Map<number, [number, number]>();
        let came: number | null = null;
        for (const [x, y] of line) {
          const known = expected.get(Math.floor(x)) ?? [came ?? y, came ?? y];
          expected.set(Math.floor(x), [Math.min(known[0], y), Math.max(known[1], y)]);
          came = y;
        }
        // Each column is left at its own x: upper edge on the way there, lower on the way back.
        const points = drawn.lines[i] ?? [];
        for (const [column, [high, low]] of expected) {
          const ys = points.filter(([x]) => x === column).map(([, y]) => y);
          expect(ys.some((y) => Math.abs(y - (high - width / 2)) < 1e-9), `seed ${seed}, column ${column}: top`).toBe(true);
          expect(ys.some((y) => Math.abs(y - (low + width / 2)) < 1e-9), `seed ${seed}, column ${column}: bottom`).toBe(true);
        }
      }
    }
  });
  test("of a value alone is a pixel wide", () => {
    const drawn = new Trace();
    traceOutline(drawn, [null, 5, null], 2, rowsOf([0, 10, 20]));
    const [line] = drawn.lines;
    expect(Math.max(...(line ?? []).map(([x]) => x)) - Math.min(...(line ?? []).map(([x]) => x))).toBe(1);
    expect(new Set((line ?? []).map(([, y]) => y))).toEqual(new Set([4, 6]));
  });
});

describe("a band", () => {
  test("lies between its columns, breaks where either is absent or nothing was recorded, and is closed", () => {
    const drawn = new Trace();
    traceBand(drawn, [1, 1, null, 1, 1, 1], [3, 4, 4, null, 5, 6], rowsOf([0, 10, 20, 30, 40, 100]));
    expect(drawn.closed).toBe(3);
    expect(drawn.lines.map((line) => [...new Set(line.map(([x]) => x))])).toEqual([[0, 10], [40, 41], [100, 101]]);
    expect(drawn.lines[0]).toEqual([[0, 3], [0, 3], [10, 4], [10, 1], [0, 1]]);
  });
  test("is in each column of pixels as wide as it is anywhere there", () => {
    for (const seed of seeds(40)) {
      const {values, rows} = randomRows(seeded(seed));
      const upper = values.map((value, i) => (value === null ? null : value + 0.2 + (i % 7) / 10));
      const drawn = new Trace();
      traceBand(drawn, values, upper, rows);
      const low = twin(values, rows), high = twin(upper, rows);
      const columns = byColumn(low.map((line, i) => [...line, ...(high[i] ?? [])]));
      for (const [key, {low: top, high: bottom}] of byColumn(drawn.lines)) {
        const it = columns.get(key);
        if (!it) continue; // the pixel that makes a value alone seen
        expect([top, bottom], `seed ${seed}, column ${key}`).toEqual([it.low, it.high]);
      }
      expect(drawn.lines.length, `seed ${seed}`).toBe(low.length);
    }
  });
});
