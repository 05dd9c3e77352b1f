// Paints the heat map on a canvas: 144 cells in about a millisecond, so it is drawn whole each time.
import * as f from "../model/format";
import type {HeatCell, HeatCells} from "./heat_cells";
import {css, inkOn, scaleColour, type Scale} from "./heat_colour";
import {blockBox, cellBox, type Box, type HeatGrid} from "./heat_grid";

export interface Palette {
  scale: Scale;
  text: string;
  quiet: string;
  line: string;
  hatch: string;
  frame: string;
}

const family = 'system-ui, "Segoe UI", Roboto, "Noto Sans", sans-serif';
const bold = `600 13.5px ${family}`;
const plain = `400 13px ${family}`;
const small = `400 11px ${family}`;

/** Slanted stripes that join without a seam. */
function hatching(context: CanvasRenderingContext2D, colour: string): CanvasPattern | null {
  const tile = document.createElement("canvas");
  const size = (tile.width = tile.height = 10);
  const pen = tile.getContext("2d");
  if (!pen) return null;
  pen.strokeStyle = colour;
  pen.lineWidth = 3.5;
  pen.beginPath();
  for (const shift of [-size, 0, size]) {
    pen.moveTo(shift - 2, size + 2);
    pen.lineTo(shift + size + 2, -2);
  }
  pen.stroke();
  return context.createPattern(tile, "repeat");
}

/** The text, or as much of it as there is room for. */
function fitted(context: CanvasRenderingContext2D, text: string, room: number): string {
  if (context.measureText(text).width <= room) return text;
  let kept = [...text];
  while (kept.length > 1 && context.measureText(kept.join("") + "…").width > room) kept = kept.slice(0, -1);
  return kept.join("") + "…";
}

interface Placed {
  cell: HeatCell;
  box: Box;
  stands: boolean; // its figure can be trusted
  ink: string;
  ground: string | null; // null: hatched
}

function place(cell: HeatCell, box: Box, palette: Palette): Placed {
  const value = cell.row?.value ?? null;
  if (value === null || cell.doubts.length > 0) return {cell, box, stands: false, ink: palette.quiet, ground: null};
  const ground = scaleColour(palette.scale, value);
  return {cell, box, stands: true, ink: inkOn(ground), ground: css(ground)};
}

/** One kind of text after the other: to change the font costs more than to write with it. */
function paintCells(context: CanvasRenderingContext2D, placed: Placed[], palette: Palette): void {
  const hatch = hatching(context, palette.hatch) ?? palette.hatch;
  context.strokeStyle = palette.line;
  for (const {box, ground} of placed) {
    context.fillStyle = ground ?? hatch;
    context.fillRect(box.x + 1, box.y + 1, box.width - 2, box.height - 2);
    if (ground === null) context.strokeRect(box.x + 1.5, box.y + 1.5, box.width - 3, box.height - 3);
  }
  context.textAlign = "center";
  for (const isBold of [true, false]) {
    context.font = isBold ? bold : plain;
    for (const {cell, box, stands, ink} of placed) {
      if (stands !== isBold) continue;
      context.fillStyle = ink;
      context.fillText(f.figure(cell.row?.value), box.x + box.width / 2, box.y + 15.5);
    }
  }
  context.font = small;
  for (const {cell, box, ink} of placed) {
    context.fillStyle = ink;
    const below = cell.absence ? fitted(context, cell.absence.short, box.width - 4) : f.signedFigure(cell.change);
    context.fillText(below, box.x + box.width / 2, box.y + 28.5);
  }
}

/** `ratio`: device pixels per CSS pixel. `strong`: the source whose name stands out. */
export function paintHeatMap(canvas: HTMLCanvasElement, grid: HeatGrid, cells: HeatCells, chosen: number, strong: string | null,
  palette: Palette, ratio: number): void {
  const context = canvas.getContext("2d");
  if (!context) return;
  const width = Math.round(grid.width * ratio), height = Math.round(grid.height * ratio);
  // To set a size clears the canvas, and takes its time: only where it changes.
  if (canvas.width !== width || canvas.height !== height) Object.assign(canvas, {width, height});
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.clearRect(0, 0, grid.width, grid.height);
  context.textBaseline = "alphabetic";
  context.lineWidth = 1;

  context.textAlign = "left";
  context.fillStyle = palette.text;
  cells.sources.forEach((source, i) => {
    context.font = source === strong ? `700 13px ${family}` : plain;
    context.fillText(fitted(context, source, grid.labels - 8), 0, grid.head + (i + 0.5) * grid.cellHeight + 4.5);
  });

  const placed: Placed[] = [];
  const headSize = [12, 11, 10].find((size) => {
    context.font = `600 ${size}px ${family}`;
    return cells.targets.every((target) => context.measureText(target).width <= grid.cellWidth - 2);
  }) ?? 10;
  for (const window of grid.windows) {
    const block = blockBox(grid, window);
    if (!block) continue;
    context.textAlign = "center";
    context.font = `${window === chosen ? 600 : 400} ${headSize}px ${family}`;
    context.fillStyle = window === chosen ? palette.text : palette.quiet;
    cells.targets.forEach((target, j) =>
      context.fillText(fitted(context, target, grid.cellWidth - 2), block.x + (j + 0.5) * grid.cellWidth, grid.head - 6));
    for (let source = 0; source < grid.sources; ++source)
      for (let target = 0; target < grid.targets; ++target) {
        const box = cellBox(grid, {window, source, target});
        if (box) placed.push(place(cells.at(window, source, target), box, palette));
      }
    if (window === chosen && grid.windows.length > 1) {
      context.strokeStyle = palette.frame;
      context.lineWidth = 2;
      context.strokeRect(block.x - 1, grid.head - 1, block.width + 2, block.height - grid.head + 2);
      context.lineWidth = 1;
    }
  }
  paintCells(context, placed, palette);
}
