// What is drawn into the charts of correlation and score beside their lines.
import type {Regime, Thresholds} from "../model/api";
import * as f from "../model/format";
import {runs, type Run} from "../model/time_range";
import type {End} from "./chart_ends";
import {family, ink} from "./chart_ink";
import type {Column} from "./derived";
import {traceBand} from "./line_path";
import type {Pen} from "./time_chart";
import type {ShownTime} from "./use_chart";
import {visibleRows} from "./visible_rows";

/** The score's axis: below zero is the strip of the regime. */
export const scoreRange: [number, number] = [-0.24, 1.03];
const strip = {top: -0.05, bottom: -0.22};

export const regimeRuns = ({ts, stretch, joined}: ShownTime, regimes: readonly (Regime | null)[]): Run<Regime>[] =>
  runs(ts, regimes, joined, stretch);

/** What is usual for the pair, give or take. */
export function drawBand(pen: Pen, low: Column, high: Column, {ts, stretch, joined}: ShownTime): void {
  const {g, x, y, left, right, top, bottom} = pen;
  const rows = visibleRows(ts, stretch);
  g.save();
  g.beginPath();
  g.rect(left, top, right - left, bottom - top);
  g.clip();
  g.beginPath();
  traceBand(g, low, high, {ts, from: rows.from - 1, to: rows.to + 1, joined, x, y});
  g.fillStyle = ink("--usual");
  g.fill();
  g.restore();
}

const shortWord: Record<Regime, string> = {
  warming: "Warming", calm: "Calm", elevated: "Elevated", contagion: "Contagion", over: "Over",
};

/** The regime as a strip of colours, with its word where there is room. */
export function drawRegimes(pen: Pen, found: readonly Run<Regime>[]): void {
  const {g} = pen;
  const top = pen.y(strip.top), height = pen.y(strip.bottom) - top;
  g.font = `11px ${family}`;
  g.textAlign = "center";
  g.textBaseline = "middle";
  for (const {from, to, value} of found) {
    const left = Math.max(pen.x(from), pen.left), right = Math.min(pen.x(to), pen.right);
    const width = Math.max(right - left, 1);
    g.fillStyle = ink(`--${value}`);
    g.globalAlpha = 0.28;
    g.fillRect(left, top, width, height);
    g.globalAlpha = 1;
    g.fillRect(left, top, width, 3);
    const word = [f.regimeWord[value] ?? value, shortWord[value]].find((text) => g.measureText(text).width <= width - 6);
    if (word === undefined) continue;
    g.fillStyle = ink("--text");
    g.fillText(word, left + width / 2, top + height / 2 + 2);
  }
}

export function drawThresholds(pen: Pen, {enter, exit}: Thresholds): void {
  const {g} = pen;
  g.lineWidth = 1.25;
  for (const [value, stroke, dash] of [[enter, "--contagion", [6, 4]], [exit, "--over", [2, 3]]] as const) {
    const y = Math.round(pen.y(value)) + 0.5;
    g.strokeStyle = ink(stroke);
    g.setLineDash([...dash]);
    g.beginPath();
    g.moveTo(pen.left, y);
    g.lineTo(pen.right, y);
    g.stroke();
  }
  g.setLineDash([]);
}

export const thresholdEnds = ({enter, exit}: Thresholds): End[] => [
  {name: "Enter", value: f.figure(enter), at: enter, ink: "--contagion", isSmall: true, rank: 1, t: null, isFaint: false},
  {name: "Exit", value: f.figure(exit), at: exit, ink: "--over", isSmall: true, rank: 2, t: null, isFaint: false},
];
