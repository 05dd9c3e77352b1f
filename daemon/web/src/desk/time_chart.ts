// A chart over time: what all charts of the desk share around uPlot. They have one cursor, one time
// range, New York and UTC below, and are drawn in the frame in which they are told.
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";

import {store} from "../model/store";
import type {Stretch} from "../model/time_range";
import {onTheme} from "../page/theme";
import {family, ink} from "./chart_ink";
import type {Column} from "./derived";
import {traceOutline, traceLine, type Rows} from "./line_path";
import {ticks, timeLabel, timeStep} from "./time_ticks";
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

export interface ChartOptions {
  height: (width: number) => number;
  series: (uPlot.Series & {stroke?: () => string})[];
  range: (low: number | null, high: number | null) => [number, number];
  ticks: (low: number, high: number, height: number) => number[];
  label: (value: number, step: number) => string;
  timeAxis: boolean;
  onCursor: (row: number | null, byKeys: boolean) => void;
}

export interface ChartUpdate {
  lines: Column[]; // of the series in their order
  stretch: Stretch;
  ts: readonly number[];
  joined: number; // rows further apart in time, in milliseconds, are not joined by a line
  cursor: number | null; // the moment that is played; what follows it is dimmed
  under?: (pen: Pen) => void;
  over?: (pen: Pen) => void;
}

export const isNarrow = (width: number): boolean => width < 560;
const leftRoom = 54;
const rightRoom = (width: number): number => (isNarrow(width) ? 82 : 112);
const lineHeight = 15;

/** Handed over as they are, without a copy: uPlot reads them only. */
const aligned = ({ts, lines}: ChartUpdate): uPlot.AlignedData => [ts as number[], ...lines];

export class TimeChart {
  private readonly plot: uPlot;
  private readonly stop: (() => void)[] = [];
  private now: ChartUpdate;
  private byKeys = false; // the cursor is being moved by the arrow keys
  private keyTime: number | null = null; // where they have left it: it stays at its bar while time goes on

  constructor(frame: HTMLElement, private readonly options: ChartOptions, first: ChartUpdate) {
    this.now = first;
    const width = Math.max(frame.clientWidth, 120);
    this.plot = new uPlot(this.describe(width), aligned(first), frame);
    const resize = new ResizeObserver(() => {
      const {clientWidth} = frame;
      if (clientWidth > 0 && clientWidth !== this.plot.width)
        this.plot.setSize({width: clientWidth, height: options.height(clientWidth)});
    });
    resize.observe(frame);
    const key = (event: KeyboardEvent) => this.moveCursor(event);
    const release = () => void (this.keyTime = null);
    const leave = () => {
      release();
      this.plot.setCursor({left: -10, top: -10});
    };
    frame.addEventListener("keydown", key);
    frame.addEventListener("blur", leave);
    window.addEventListener("pointermove", release); // over another chart as well
    this.stop.push(
      () => resize.disconnect(), () => frame.removeEventListener("keydown", key),
      () => frame.removeEventListener("blur", leave), () => window.removeEventListener("pointermove", release), onTheme(() => this.plot.redraw(false)),
    );
    this.update(first);
  }

  update(next: ChartUpdate): void {
    this.now = next;
    this.plot.batch(() => {
      this.plot.setData(aligned(next), false);
      this.plot.setScale("x", {min: next.stretch.from, max: next.stretch.to});
    });
    if (this.keyTime !== null) this.setCursor(this.keyTime);
  }

  destroy(): void {
    for (const stop of this.stop) stop();
    this.plot.destroy();
  }

  private describe(width: number): uPlot.Options {
    const {options} = this;
    const paths = (u: uPlot, series: number, from: number, to: number): uPlot.Series.Paths => {
      const path = new Path2D();
      const {left, top, width: w, height: h} = u.bbox;
      const {min: t0 = 0, max: t1 = 1} = u.scales["x"] ?? {}, {min: low = 0, max: high = 1} = u.scales["y"] ?? {};
      const rows: Rows = {
        ts: this.now.ts, from, to, joined: this.now.joined,
        x: (t) => left + ((t - t0) / (t1 - t0)) * w, y: (value) => top + h - ((value - low) / (high - low)) * h,
      };
      const {dash, width: strokeWidth = 1} = u.series[series] ?? {};
      const values = u.data[series] as Column;
      const pixels = strokeWidth * uPlot.pxRatio;
      const isDense = to - from > 2 * w && pixels > 1 && !dash; // finer strokes cost little
      if (isDense) traceOutline(path, values, pixels, rows);
      else traceLine(path, values, rows);
      return {stroke: isDense ? null : path, fill: isDense ? path : null, clip: null, band: null, gaps: [], flags: 0};
    };
    const quiet: uPlot.Axis = {
      scale: "x", side: 2, font: `11px ${family}`, gap: 4, size: lineHeight + 2, ticks: {show: false}, grid: {show: false},
      splits: (u, _axis, low, high) => ticks(low, high, this.timeStep(u)),
    };
    const zone = (name: "ny" | "utc", stroke: string): uPlot.Axis =>
      ({...quiet, stroke: () => ink(stroke), values: (u, at) => at.map((t) => timeLabel(t, this.timeStep(u), name))});
    return {
      width, height: options.height(width),
      padding: [8, (u) => rightRoom(u.width), options.timeAxis ? 2 : 6, 0],
      legend: {show: false},
      scales: {
        x: {time: false, auto: false, range: (_u, low, high) => [low, high]},
        y: {range: (_u, low, high) => options.range(low, high)},
      },
      series: [{}, ...options.series.map((it) => ({points: {show: false}, paths, ...(it.stroke ? {fill: it.stroke} : {}), ...it}))],
      axes: [
        options.timeAxis
          ? {...zone("ny", "--text"), grid: {stroke: () => ink("--grid"), width: 1}}
          : {...quiet, size: 0, values: (_u, at) => at.map(() => ""), grid: {stroke: () => ink("--grid"), width: 1}},
        ...(options.timeAxis ? [{...zone("utc", "--quiet"), gap: 0}] : []),
        {
          scale: "y", side: 3, size: leftRoom, gap: 6, font: `11px ${family}`, stroke: () => ink("--quiet"),
          ticks: {show: false}, grid: {stroke: () => ink("--grid"), width: 1},
          splits: (u, _axis, low, high) => options.ticks(low, high, u.bbox.height / uPlot.pxRatio),
          values: (_u, at) => {
            const step = at.length > 1 ? (at[1] ?? 0) - (at[0] ?? 0) : 1;
            return at.map((value) => options.label(value, step));
          },
        },
      ],
      cursor: {
        y: false,
        points: {size: 6},
        drag: {x: true, y: false, setScale: false, dist: 5},
        // What is dragged in one chart is applied to all by the store.
        sync: {
          key: "desk", setSeries: false, scales: ["x", null],
          filters: {pub: (type) => type === "mousemove", sub: (type) => type === "mousemove"},
        },
        bind: {dblclick: () => () => (this.leave(), null)},
      },
      hooks: {
        drawAxes: [() => this.draw((pen) => this.now.under?.(pen))],
        draw: [() => this.draw((pen) => this.finish(pen))],
        setSelect: [(u) => this.choose(u)],
        setCursor: [(u) => this.tell(u.cursor.idx ?? null)],
      },
    };
  }

  /** Between a new drawing and the cursor's return to its bar the keys' cursor is nowhere. */
  private tell(row: number | null): void {
    if (this.keyTime === null || this.byKeys) this.options.onCursor(row, this.byKeys);
  }

  private timeStep(u: uPlot): number {
    const {from, to} = this.now.stretch;
    return timeStep(to - from, u.bbox.width / uPlot.pxRatio, isNarrow(u.width) ? 58 : 84);
  }

  private leave(): void {
    if (typeof store.view.range === "object") store.leaveStretch();
  }

  /** A stretch was dragged over. */
  private choose(u: uPlot): void {
    const {left, width} = u.select;
    if (width < 5) return;
    const from = u.posToVal(left, "x"), to = u.posToVal(left + width, "x");
    u.setSelect({left: 0, top: 0, width: 0, height: 0}, false);
    if (!store.moment) store.setView({range: {from, to}});
  }

  /** The arrow keys lead from bar to bar, with shift by ten. */
  private moveCursor(event: KeyboardEvent): void {
    const by = {ArrowLeft: -1, ArrowRight: 1}[event.key];
    if (by === undefined || event.ctrlKey || event.altKey || event.metaKey) return;
    const {ts} = this.now;
    const start = this.plot.cursor.idx ?? this.plot.valToIdx(this.now.stretch.to) + (by < 0 ? 1 : 0);
    const t = ts[Math.min(ts.length - 1, Math.max(0, start + by * (event.shiftKey ? 10 : 1)))];
    if (t === undefined) return;
    event.preventDefault();
    this.keyTime = t;
    this.setCursor(t);
  }

  private setCursor(t: number): void {
    const left = Math.min(Math.max(this.plot.valToPos(t, "x"), 0), this.plot.bbox.width / uPlot.pxRatio);
    this.byKeys = true;
    // The third argument tells the other charts; uPlot's types leave it out.
    (this.plot.setCursor as (at: {left: number; top: number}, fire: boolean, publish: boolean) => void)({left, top: 20}, true, true);
    this.byKeys = false;
  }

  private draw(act: (pen: Pen) => void): void {
    const {ctx, bbox, width} = this.plot;
    const ratio = uPlot.pxRatio;
    ctx.save();
    ctx.scale(ratio, ratio);
    const left = bbox.left / ratio, top = bbox.top / ratio;
    act({
      g: ctx, left, top, right: left + bbox.width / ratio, bottom: top + bbox.height / ratio,
      room: rightRoom(width), narrow: isNarrow(width),
      x: (t) => left + this.plot.valToPos(t, "x"), y: (value) => top + this.plot.valToPos(value, "y"),
    });
    ctx.restore();
  }

  private finish(pen: Pen): void {
    const {g} = pen;
    const {cursor, over} = this.now;
    if (cursor !== null) {
      const at = Math.min(Math.max(pen.x(cursor), pen.left), pen.right);
      g.globalAlpha = 0.6;
      g.fillStyle = ink("--panel");
      g.fillRect(at, pen.top - 2, pen.right + 3 - at, pen.bottom + 2 - pen.top);
      g.globalAlpha = 1;
      g.strokeStyle = ink("--over");
      g.lineWidth = 2;
      g.beginPath();
      g.moveTo(at, pen.top);
      g.lineTo(at, pen.bottom);
      g.stroke();
    }
    over?.(pen);
    if (!this.options.timeAxis) return;
    g.font = `11px ${family}`;
    g.textAlign = "right";
    g.textBaseline = "top";
    g.fillStyle = ink("--text");
    g.fillText("NY", pen.left - 22, pen.bottom + 4);
    g.fillStyle = ink("--quiet");
    g.fillText("UTC", pen.left - 22, pen.bottom + lineHeight + 2);
  }
}
