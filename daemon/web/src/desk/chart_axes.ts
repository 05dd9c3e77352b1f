// The grid of a chart over time: values at the left, New York and UTC below.
import type {Stretch} from "../model/time_range";
import {family, ink} from "./chart_ink";
import type {Pen} from "./time_chart";
import {ticks, timeLabel, timeStep} from "./time_ticks";

export interface Axes {
  stretch: Stretch;
  low: number;
  high: number;
  ticks: (low: number, high: number, height: number) => number[];
  label: (value: number, step: number) => string;
  timeAxis: boolean;
}

const rows = {newYork: 5, utc: 20}; // below the plotting area

export function drawAxes(pen: Pen, {stretch, low, high, ticks: valueTicks, label, timeAxis}: Axes): void {
  const {g, left, right, top, bottom, narrow, x, y} = pen;
  g.font = `11px ${family}`;
  g.fillStyle = ink("--grid");
  const values = valueTicks(low, high, bottom - top);
  const step = timeStep(stretch.to - stretch.from, right - left, narrow ? 58 : 84);
  const times = ticks(stretch.from, stretch.to, step);
  for (const value of values) g.fillRect(left, Math.round(y(value)), right - left, 1);
  for (const t of times) g.fillRect(Math.round(x(t)), top, 1, bottom - top);

  g.fillStyle = ink("--quiet");
  g.textAlign = "right";
  g.textBaseline = "middle";
  const apart = values.length > 1 ? (values[1] ?? 0) - (values[0] ?? 0) : 1;
  for (const value of values) g.fillText(label(value, apart), left - 7, y(value));
  if (!timeAxis) return;
  g.textBaseline = "top";
  for (const [zone, stroke, below, name] of [["ny", "--text", rows.newYork, "NY"], ["utc", "--quiet", rows.utc, "UTC"]] as const) {
    g.fillStyle = ink(stroke);
    g.textAlign = "right";
    g.fillText(name, left - 22, bottom + below);
    g.textAlign = "center";
    for (const t of times) g.fillText(timeLabel(t, step, zone), x(t), bottom + below);
  }
}
