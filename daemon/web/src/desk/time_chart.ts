// A chart over time, on a canvas: what all charts of the desk share. They have one cursor, one time
// range, New York and UTC below, and are drawn in the frame in which they are told.
import {store} from "../model/store";
import type {Joined, Stretch} from "../model/time_range";
import {onTheme} from "../page/theme";
import {drawAxes} from "./chart_axes";
import {ink} from "./chart_ink";
import type {Column} from "./derived";
import {traceLine, traceOutline, type Rows} from "./line_path";
import {valueRange, visibleRows} from "./visible_rows";
import "./time_chart.css";

/** The plotting area in CSS pixels, and where things lie in it. */
export interface Pen {
  g: CanvasRenderingContext2D;
  left: number;
  right: number;
  top: number;
  bottom: number;
  room: number; // right of the plotting area
  narrow: boolean;
  x: (t: number) => number;
  y: (value: number) => number;
}

/** How a line is drawn; one without a colour counts for the axis only. */
export interface LineStyle {
  stroke?: () => string;
  width: number; // CSS pixels
  dash?: number[];
  alpha?: number;
}

export interface ChartOptions {
  height: (width: number) => number;
  lines: LineStyle[];
  range: (low: number | null, high: number | null) => [number, number];
  ticks: (low: number, high: number, height: number) => number[];
  label: (value: number, step: number) => string;
  timeAxis: boolean;
  onCursor: (row: number | null, byKeys: boolean) => void;
}

export interface ChartUpdate {
  ts: readonly number[];
  lines: Column[]; // in the order of the options; never copied
  stretch: Stretch;
  joined: Joined; // rows further apart in time are not joined by a line
  cursor: number | null; // the moment that is played; what follows it is dimmed
  under?: (pen: Pen) => void;
  over?: (pen: Pen) => void;
}

export const isNarrow = (width: number): boolean => width < 560;
const room = {left: 54, top: 8, belowTime: 36, below: 6};
const rightRoom = (width: number): number => (isNarrow(width) ? 82 : 112);
const leastDrag = 5; // pixels; less is a click

/** All charts of the page: where the cursor of one is, there are those of the others. */
const charts = new Set<TimeChart>();

export class TimeChart {
  private readonly canvas = document.createElement("canvas");
  /** Above it: the cursor and the stretch that is dragged over, which change without a new drawing. */
  private readonly glass = document.createElement("canvas");
  private readonly stop = new AbortController();
  private readonly resize: ResizeObserver;
  private readonly stopTheme: () => void;
  private now: ChartUpdate;
  private pen: Pen | null = null; // of the latest drawing
  private cursor: number | null = null; // a time
  private pointer: number | null = null; // where the mouse is, in CSS pixels
  private dragFrom: number | null = null;

  constructor(private readonly frame: HTMLElement, private readonly options: ChartOptions, first: ChartUpdate) {
    this.now = first;
    this.glass.className = "glass";
    frame.append(this.canvas, this.glass);
    this.resize = new ResizeObserver(() => {
      if (frame.clientWidth > 0 && frame.clientWidth !== Math.round(this.canvas.width / devicePixelRatio)) this.draw();
    });
    this.resize.observe(frame);
    this.stopTheme = onTheme(() => this.draw());
    this.listen();
    charts.add(this);
    this.draw();
  }

  update(next: ChartUpdate): void {
    this.now = next;
    this.draw();
  }

  destroy(): void {
    charts.delete(this);
    this.stop.abort();
    this.resize.disconnect();
    this.stopTheme();
    this.canvas.remove();
    this.glass.remove();
  }

  // ---- drawing ----

  private draw(): void {
    const width = this.frame.clientWidth;
    if (width === 0) return;
    const {options, now} = this;
    const height = options.height(width);
    const g = this.sized(this.canvas, width, height);
    if (!g) return;
    const {ts, stretch, lines} = now;
    const rows = visibleRows(ts, stretch);
    const [low, high] = options.range(...valueRange(lines, rows));
    const left = room.left, right = width - rightRoom(width), top = room.top;
    const bottom = height - (options.timeAxis ? room.belowTime : room.below);
    const pen: Pen = (this.pen = {
      g, left, right, top, bottom, room: rightRoom(width), narrow: isNarrow(width),
      x: (t) => left + ((t - stretch.from) / (stretch.to - stretch.from)) * (right - left),
      y: (value) => bottom - ((value - low) / (high - low)) * (bottom - top),
    });
    drawAxes(pen, {stretch, low, high, ...options});
    now.under?.(pen);
    g.save();
    g.beginPath();
    g.rect(left, top - 2, right - left, bottom - top + 4);
    g.clip();
    // One row more on either side, so that lines reach the edges.
    const traced: Rows = {ts, from: rows.from - 1, to: rows.to + 1, joined: now.joined, x: pen.x, y: pen.y};
    for (const [i, column] of lines.entries()) this.drawLine(pen, column, options.lines[i], traced);
    g.restore();
    if (now.cursor !== null) this.drawPlayed(pen, now.cursor);
    now.over?.(pen);
    if (this.pointer !== null) moveCursors(this.timeAt(this.pointer), false);
    else this.showCursor(this.cursor, false);
  }

  private drawLine({g, left, right}: Pen, column: Column, style: LineStyle | undefined, rows: Rows): void {
    if (!style?.stroke) return;
    const path = new Path2D();
    g.globalAlpha = style.alpha ?? 1;
    // A stroke that runs up and down thousands of times is slow where it is more than a hair wide.
    if (rows.to - rows.from > 2 * (right - left) && style.width > 1 && !style.dash) {
      traceOutline(path, column, style.width, rows);
      g.fillStyle = style.stroke();
      g.fill(path);
    } else {
      traceLine(path, column, rows);
      g.strokeStyle = style.stroke();
      g.lineWidth = style.width;
      g.lineJoin = "round";
      g.setLineDash(style.dash ?? []);
      g.stroke(path);
      g.setLineDash([]);
    }
    g.globalAlpha = 1;
  }

  private drawPlayed({g, left, right, top, bottom, x}: Pen, cursor: number): void {
    const at = Math.min(Math.max(x(cursor), left), right);
    g.globalAlpha = 0.6;
    g.fillStyle = ink("--panel");
    g.fillRect(at, top - 2, right + 3 - at, bottom + 2 - top);
    g.globalAlpha = 1;
    g.fillStyle = ink("--over");
    g.fillRect(at - 1, top, 2, bottom - top);
  }

  /** The context of a canvas of that many CSS pixels, emptied. */
  private sized(canvas: HTMLCanvasElement, width: number, height: number): CanvasRenderingContext2D | null {
    const ratio = devicePixelRatio, w = Math.round(width * ratio), h = Math.round(height * ratio);
    if (canvas.width !== w || canvas.height !== h) {
      canvas.width = w;
      canvas.height = h;
      canvas.style.width = `${width}px`;
      canvas.style.height = `${height}px`;
    }
    const g = canvas.getContext("2d");
    g?.setTransform(ratio, 0, 0, ratio, 0, 0);
    g?.clearRect(0, 0, width, height);
    return g;
  }

  // ---- cursor ----

  showCursor(t: number | null, byKeys: boolean): void {
    const {pen, now} = this;
    this.cursor = t;
    if (!pen) return;
    const row = t === null || t < now.stretch.from || t > now.stretch.to ? null : nearestRow(now.ts, t);
    this.options.onCursor(row, byKeys);
    const dragged = this.dragFrom !== null && this.pointer !== null;
    if (row === null && !dragged && !this.glass.dataset["drawn"]) return;
    const g = this.sized(this.glass, this.frame.clientWidth, this.options.height(this.frame.clientWidth));
    if (!g) return;
    this.glass.dataset["drawn"] = row === null && !dragged ? "" : "yes";
    if (this.dragFrom !== null && this.pointer !== null) {
      g.globalAlpha = 0.2;
      g.fillStyle = ink("--over");
      g.fillRect(Math.min(this.dragFrom, this.pointer), pen.top, Math.abs(this.pointer - this.dragFrom), pen.bottom - pen.top);
      g.globalAlpha = 1;
    }
    if (row === null) return;
    const x = pen.x(now.ts[row] ?? 0);
    if (x < pen.left - 1 || x > pen.right + 1) return;
    g.strokeStyle = ink("--quiet");
    g.setLineDash([3, 3]);
    g.beginPath();
    g.moveTo(x, pen.top);
    g.lineTo(x, pen.bottom);
    g.stroke();
    for (const [i, column] of now.lines.entries()) {
      const value = column[row], style = this.options.lines[i];
      if (value === null || value === undefined || !style?.stroke) continue;
      g.fillStyle = style.stroke();
      g.beginPath();
      g.arc(x, pen.y(value), style.width > 1 ? 3.5 : 2.5, 0, 7);
      g.fill();
    }
  }

  private timeAt(x: number): number {
    const {left = 0, right = 1} = this.pen ?? {}, {from, to} = this.now.stretch;
    return from + ((x - left) / (right - left)) * (to - from);
  }

  private listen(): void {
    const on = <K extends keyof HTMLElementEventMap>(name: K, act: (event: HTMLElementEventMap[K]) => void) =>
      this.frame.addEventListener(name, act, {signal: this.stop.signal});
    const place = (event: PointerEvent): number => {
      const {left = 0, right = 0} = this.pen ?? {};
      return Math.min(Math.max(event.clientX - this.frame.getBoundingClientRect().left, left), right);
    };
    on("pointerdown", (event) => {
      if (event.button !== 0 || store.moment) return;
      this.dragFrom = place(event);
      this.frame.setPointerCapture(event.pointerId);
    });
    on("pointermove", (event) => {
      this.pointer = place(event);
      moveCursors(this.timeAt(this.pointer), false);
    });
    on("pointerup", (event) => this.endDrag(place(event)));
    on("pointercancel", () => this.leave());
    on("pointerleave", () => this.leave());
    on("dblclick", () => {
      if (typeof store.view.range === "object") store.leaveStretch();
    });
    on("keydown", (event) => this.moveByKey(event));
    on("blur", () => this.leave());
  }

  private leave(): void {
    this.pointer = this.dragFrom = null;
    moveCursors(null, false);
  }

  private endDrag(to: number): void {
    const from = this.dragFrom;
    this.dragFrom = null;
    if (from === null || Math.abs(to - from) < leastDrag) return;
    store.setView({range: {from: this.timeAt(Math.min(from, to)), to: this.timeAt(Math.max(from, to))}});
  }

  /** The arrow keys lead from bar to bar, with shift by ten. */
  private moveByKey(event: KeyboardEvent): void {
    const by = {ArrowLeft: -1, ArrowRight: 1}[event.key];
    if (by === undefined || event.ctrlKey || event.altKey || event.metaKey) return;
    const {from, to} = visibleRows(this.now.ts, this.now.stretch);
    if (to < from) return;
    event.preventDefault();
    this.pointer = null;
    const start = (this.cursor === null ? null : nearestRow(this.now.ts, this.cursor)) ?? (by < 0 ? to + 1 : from - 1);
    const row = Math.min(to, Math.max(from, start + by * (event.shiftKey ? 10 : 1)));
    moveCursors(this.now.ts[row] ?? null, true, this);
  }
}

/** Who moved it by keys reads the values out; the others follow in silence. */
function moveCursors(t: number | null, byKeys: boolean, reader?: TimeChart): void {
  for (const chart of charts) chart.showCursor(t, byKeys && chart === reader);
}

function nearestRow(ts: readonly number[], t: number): number | null {
  const {from} = visibleRows(ts, {from: t, to: t});
  if (ts.length === 0) return null;
  const after = Math.min(from, ts.length - 1), before = Math.max(0, after - 1);
  return t - (ts[before] ?? 0) < (ts[after] ?? 0) - t ? before : after;
}
