// The heat map without a page: which cell is hatched and why, where each lies, what can be read on it.
import {describe, expect, test} from "vitest";

import {cellFacts, heatCells, staleSeries, type HeatCell} from "../../../daemon/web/src/desk/heat_cells";
import {css, inkOn, luminance, mix, parseColour, scaleColour} from "../../../daemon/web/src/desk/heat_colour";
import {blockBox, cellAt, cellBox, heatGrid, labelWidth, step, type Cell} from "../../../daemon/web/src/desk/heat_grid";
import type {Correlation, State} from "../../../daemon/web/src/model/api";

const row = (more: Partial<Correlation> = {}): Correlation => ({
  source: "us_tech", target: "BTC-USD", window_s: 300, value: 0.62, baseline: 0.2, standard_error: 0.1, samples: 30, tainted: false, ...more,
});

function stateOf(correlations: Correlation[], stale: string[] = []): State {
  return {
    bar_s: 10, windows_s: [120, 300, 900], correlations,
    instruments: ["NVDA", "AMD", "BTC-USD"].map((symbol) => ({symbol, stale: stale.includes(symbol)})),
    groups: [{name: "us_tech", members: ["NVDA", "AMD"]}, {name: "empty", members: []}],
  } as unknown as State;
}

/** The only cell of a state with this row over the middle window. */
function cellOf(more: Partial<Correlation>, {stale = [], past = false}: {stale?: string[]; past?: boolean} = {}): HeatCell {
  const state = stateOf([row(more)], stale);
  return heatCells(state, staleSeries(state), past).at(1, 0, 0);
}

describe("a cell of the heat map", () => {
  test("that can be trusted has its figure, its change and no doubt", () => {
    const cell = cellOf({});
    expect([cell.doubts, cell.absence]).toEqual([[], null]);
    expect(cell.change).toBeCloseTo(0.42);
  });
  test("is in doubt with gaps, with a stale price on either side, and with few samples", () => {
    expect(cellOf({tainted: true}).doubts).toEqual([expect.stringContaining("gaps")]);
    expect(cellOf({}, {stale: ["BTC-USD"]}).doubts).toEqual([expect.stringMatching(/BTC-USD.*fresh/)]);
    expect(cellOf({}, {stale: ["NVDA", "AMD"]}).doubts).toEqual([expect.stringMatching(/us_tech.*fresh/)]);
    expect(cellOf({samples: 9}).doubts).toEqual([expect.stringMatching(/\b9\b/)]);
    expect(cellOf({samples: 10}).doubts).toEqual([]);
    expect(cellOf({tainted: true, samples: 3}, {stale: ["BTC-USD"]}).doubts).toHaveLength(3);
  });
  test("of a group is stale only when all of its members are", () => {
    expect([...staleSeries(stateOf([], ["NVDA"]))]).toEqual(["NVDA"]);
    expect(staleSeries(stateOf([], ["NVDA", "AMD"]))).toEqual(new Set(["NVDA", "AMD", "us_tech"]));
    expect(staleSeries(stateOf([])).size).toBe(0); // a group without members is not stale either
  });
  test("whose samples were not kept says so, and not that there are none", () => {
    const [doubt, ...others] = cellOf({samples: 0}).doubts;
    expect(others).toEqual([]);
    expect(doubt).toMatch(/not kept/);
    expect(doubt).not.toMatch(/\b0\b/);
  });
  test("without a figure says how many samples it has of how many it needs", () => {
    const few = cellOf({value: null, samples: 4}).absence; // 300 s of 10 s bars: a quarter is 7, never below 10
    expect(few?.short).toMatch(/4\D+10/);
    const state = stateOf([row({window_s: 900, value: null, samples: 21})]);
    expect(heatCells(state, new Set(), false).at(2, 0, 0).absence?.short).toMatch(/21\D+22/);
  });
  test("without a figure although there are samples names the cause: stale, or a price that stands still", () => {
    expect(cellOf({value: null}, {stale: ["BTC-USD"]}).absence?.short).toMatch(/stale/);
    expect(cellOf({value: null}).absence).toMatchObject({short: expect.stringMatching(/move/), long: expect.stringMatching(/not move/)});
  });
  test("without a figure has no change, and at a moment of the past is not known", () => {
    expect(cellOf({value: null}).change).toBeNull();
    expect(cellOf({baseline: null}).change).toBeNull();
    const then = cellOf({value: null, samples: 0}, {past: true}).absence;
    expect(then?.short).toMatch(/not known/);
    expect(then?.long).toMatch(/moment/);
  });
  test("of a pair without a row says that it is not measured", () => {
    const cells = heatCells(stateOf([row()]), new Set(), false);
    const cell = cells.at(0, 0, 0);
    expect([cell.row, cell.change, cell.doubts]).toEqual([null, null, []]);
    expect(cell.absence?.long).toMatch(/not measured/);
    expect(cellFacts(cell)).toEqual([cell.absence?.long]);
  });
  test("is found though its window differs in the last digit, and each pair at its own place", () => {
    const rows = ["us_tech", "NVDA"].flatMap((source, i) => ["BTC-USD", "ETH-USD"].flatMap((target, j) =>
      [120.00000000000001, 300, 899.9999999].map((window_s, k) => row({source, target, window_s, value: i / 10 + j / 100 + k / 1000}))));
    const cells = heatCells(stateOf(rows), new Set(), false);
    expect([cells.sources, cells.targets]).toEqual([["us_tech", "NVDA"], ["BTC-USD", "ETH-USD"]]);
    for (let i = 0; i < 2; ++i) for (let j = 0; j < 2; ++j) for (let k = 0; k < 3; ++k)
      expect(cells.at(k, i, j).row?.value).toBe(i / 10 + j / 100 + k / 1000);
  });
  test("tells its error and what is usual, and which of these are not known", () => {
    expect(cellFacts(cellOf({})).join("; ")).toMatch(/0\.62.*0\.10.*30 samples.*0\.20.*\+0\.42/);
    const unknown = cellFacts(cellOf({standard_error: null, baseline: null})).join("; ");
    expect(unknown).toMatch(/error not known/);
    expect(unknown).toMatch(/usual value not known/);
    expect(unknown).not.toMatch(/0\.00/);
    expect(cellFacts(cellOf({value: null, samples: 4}))[0]).toMatch(/not computable/i);
    expect(cellFacts(cellOf({samples: 1}))[0]).toMatch(/1 sample$/);
  });
});

describe("the grid of the heat map", () => {
  const names = ["us_tech", "NVDA", "AMD", "MSFT", "AVGO"];
  const cellsOf = (windows: number[], targets: number): Cell[] =>
    windows.flatMap((window) => names.flatMap((_, source) => Array.from({length: targets}, (_unused, target) => ({window, source, target}))));

  test("leads from each cell to its place and from there back, at any width", () => {
    for (const width of [390, 519, 520, 700, 1033, 1440])
      for (const targets of [1, 2, 4, 7]) {
        const grid = heatGrid(width, names, targets, 3, 1);
        expect(grid.windows).toEqual(width < 520 ? [1] : [0, 1, 2]);
        for (const cell of cellsOf(grid.windows, targets)) {
          const box = cellBox(grid, cell);
          expect(box).not.toBeNull();
          if (!box) continue;
          for (const [dx, dy] of [[0.02, 0.02], [0.5, 0.5], [0.98, 0.98]] as const)
            expect(cellAt(grid, box.x + box.width * dx, box.y + box.height * dy)).toEqual(cell);
          expect(box.x).toBeGreaterThanOrEqual(grid.labels);
          expect(box.x + box.width).toBeLessThanOrEqual(grid.width + 1e-6);
          expect(box.y + box.height).toBeLessThanOrEqual(grid.height);
        }
      }
  });
  test("has no cell at the names, at the heads, in the gaps and outside", () => {
    const grid = heatGrid(1000, names, 2, 3, 0);
    const first = blockBox(grid, 0), y = grid.head + 5;
    expect(first).not.toBeNull();
    if (!first) return;
    for (const [x, at] of [[grid.labels - 1, y], [grid.labels + 5, grid.head - 1], [first.x + first.width + grid.gap / 2, y],
      [1001, y], [-1, y], [grid.labels + 5, grid.height + 1]] as const)
      expect(cellAt(grid, x, at)).toBeNull();
  });
  test("of a narrow page is the chosen window, of no window nothing", () => {
    const narrow = heatGrid(390, names, 2, 3, 9);
    expect(narrow.windows).toEqual([2]);
    expect(cellBox(narrow, {window: 0, source: 0, target: 0})).toBeNull();
    expect(heatGrid(390, names, 2, 0, 0).windows).toEqual([]);
    expect(cellAt(heatGrid(800, names, 0, 3, 0), 400, 50)).toBeNull();
  });
  test("gives names their room within reason", () => {
    expect(labelWidth(["a very long name that goes on and on"])).toBe(labelWidth(["an even longer name that goes on and on"]));
    expect(labelWidth([])).toBeGreaterThan(0);
    expect(labelWidth(["NVIDIA Corp"])).toBeGreaterThan(labelWidth(["NVDA"]));
  });
  test("is walked by arrow keys through all cells of a row, and stops at its edges", () => {
    const grid = heatGrid(1000, names, 2, 3, 0);
    let cell = step(grid, null, "ArrowDown");
    expect(cell).toEqual({window: 0, source: 0, target: 0});
    const seen: string[] = [];
    for (let i = 0; i < 8; ++i) {
      seen.push(`${cell?.window}${cell?.target}`);
      cell = step(grid, cell, "ArrowRight");
    }
    expect(seen).toEqual(["00", "01", "10", "11", "20", "21", "21", "21"]);
    expect(step(grid, cell, "ArrowLeft")).toEqual({window: 2, source: 0, target: 0});
    expect(step(grid, cell, "ArrowUp")).toEqual(cell);
    expect(step(grid, {window: 1, source: 4, target: 0}, "ArrowDown")).toEqual({window: 1, source: 4, target: 0});
    expect(step(grid, {window: 1, source: 2, target: 0}, "ArrowUp")).toEqual({window: 1, source: 1, target: 0});
    expect(step(grid, cell, "Enter")).toBeNull();
    expect(step(heatGrid(1000, [], 2, 3, 0), null, "ArrowDown")).toBeNull();
    // A window that is no longer shown: begins again.
    expect(step(heatGrid(390, names, 2, 3, 1), {window: 0, source: 3, target: 1}, "ArrowDown")).toEqual({window: 1, source: 0, target: 0});
  });
});

describe("the colours of the heat map", () => {
  const scale = {negative: parseColour("#2f80ed"), middle: parseColour("#151a24"), positive: parseColour("#f2994a")};
  const light = {...scale, middle: parseColour("#fff")};
  const distance = (a: readonly number[], b: readonly number[]) => a.reduce((sum, it, i) => sum + Math.abs(it - (b[i] ?? 0)), 0);

  test("are read from what a style sheet may say", () => {
    expect(parseColour("#151a24")).toEqual([21, 26, 36]);
    expect(parseColour(" #FfF ")).toEqual([255, 255, 255]);
    expect(parseColour("rgb(47, 128, 237)")).toEqual([47, 128, 237]);
    expect(parseColour("47 128 237")).toEqual([47, 128, 237]);
    expect(parseColour("none")).toEqual([128, 128, 128]);
    expect(css(mix([0, 0, 0], [255, 255, 255], 0.5))).toBe("rgb(128 128 128)");
  });
  test("end at ±1, begin at 0, and are the stronger the further from 0", () => {
    expect([scaleColour(scale, 0), scaleColour(scale, 1), scaleColour(scale, -1)]).toEqual([scale.middle, scale.positive, scale.negative]);
    expect(scaleColour(scale, 1.2)).toEqual(scale.positive);
    expect([scaleColour(scale, 0.2), scaleColour(scale, -0.2)]).toEqual([mix(scale.middle, scale.positive, 0.2), mix(scale.middle, scale.negative, 0.2)]);
    for (const sign of [-1, 1])
      for (let v = 0.1; v <= 1; v += 0.1)
        expect(distance(scaleColour(scale, sign * v), scale.middle)).toBeGreaterThan(distance(scaleColour(scale, sign * (v - 0.1)), scale.middle));
  });
  test("leave the figure readable: 4.5 to 1 on every ground of the scale, in both themes", () => {
    expect([luminance([0, 0, 0]), luminance([255, 255, 255])]).toEqual([0, 1]);
    for (const it of [scale, light])
      for (let v = -1; v <= 1; v += 0.01) {
        const ground = scaleColour(it, v);
        const [a, b] = [luminance(ground), luminance(parseColour(inkOn(ground)))];
        expect((Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05)).toBeGreaterThanOrEqual(4.5);
      }
  });
});
