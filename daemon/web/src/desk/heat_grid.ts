// Where the cells of the heat map lie: blocks of windows side by side, sources down, targets across.
// Pure geometry in CSS pixels.

export interface Cell {
  window: number; // position in windows_s
  source: number;
  target: number;
}

export interface Box {
  x: number;
  y: number;
  width: number;
  height: number;
}

export interface HeatGrid {
  windows: number[]; // one block each
  sources: number;
  targets: number;
  labels: number; // width of the names on the left
  head: number; // height of the targets' names
  gap: number; // between blocks
  cellWidth: number;
  cellHeight: number;
  width: number;
  height: number;
}

/** Below this width only the chosen window has room. */
const allWindowsFrom = 520;
const rowHeight = 35;
const headHeight = 20;

/** Room for the longest name, within reason: what is longer is cut. */
export function labelWidth(names: readonly string[]): number {
  const longest = names.reduce((most, name) => Math.max(most, name.length), 0);
  return Math.min(132, Math.max(48, Math.round(longest * 7.6) + 12));
}

export function heatGrid(width: number, names: readonly string[], targets: number, windows: number, chosen: number): HeatGrid {
  const all = width >= allWindowsFrom;
  const shown = all ? Array.from({length: windows}, (_, i) => i) : windows > 0 ? [Math.min(chosen, windows - 1)] : [];
  const gap = 12;
  const labels = labelWidth(names);
  const room = width - labels - gap * Math.max(0, shown.length - 1);
  const columns = Math.max(1, targets * shown.length);
  return {
    windows: shown, sources: names.length, targets, labels, head: headHeight, gap,
    cellWidth: Math.max(1, room / columns), cellHeight: rowHeight,
    width, height: headHeight + names.length * rowHeight + 2,
  };
}

/** The block of a window, its head included; null when the window is not shown. */
export function blockBox(grid: HeatGrid, window: number): Box | null {
  const place = grid.windows.indexOf(window);
  if (place < 0) return null;
  const width = grid.cellWidth * grid.targets;
  return {x: grid.labels + place * (width + grid.gap), y: 0, width, height: grid.head + grid.sources * grid.cellHeight};
}

export function cellBox(grid: HeatGrid, cell: Cell): Box | null {
  const block = blockBox(grid, cell.window);
  if (!block) return null;
  return {
    x: block.x + cell.target * grid.cellWidth, y: grid.head + cell.source * grid.cellHeight,
    width: grid.cellWidth, height: grid.cellHeight,
  };
}

export function cellAt(grid: HeatGrid, x: number, y: number): Cell | null {
  const source = Math.floor((y - grid.head) / grid.cellHeight);
  if (source < 0 || source >= grid.sources) return null;
  for (const window of grid.windows) {
    const block = blockBox(grid, window);
    if (!block || x < block.x || x >= block.x + block.width) continue;
    return {window, source, target: Math.min(grid.targets - 1, Math.floor((x - block.x) / grid.cellWidth))};
  }
  return null;
}

/** The cell an arrow key leads to; across the blocks as if they were one. Null: the key is no arrow. */
export function step(grid: HeatGrid, from: Cell | null, key: string): Cell | null {
  const ways: Record<string, [number, number]> = {ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1]};
  const way = ways[key];
  const first = grid.windows[0];
  if (!way || first === undefined || grid.sources === 0 || grid.targets === 0) return null;
  if (!from || !grid.windows.includes(from.window)) return {window: first, source: 0, target: 0};
  const columns = grid.windows.length * grid.targets;
  const column = Math.min(columns - 1, Math.max(0, grid.windows.indexOf(from.window) * grid.targets + from.target + way[0]));
  return {
    window: grid.windows[Math.floor(column / grid.targets)] ?? first,
    source: Math.min(grid.sources - 1, Math.max(0, from.source + way[1])),
    target: column % grid.targets,
  };
}
