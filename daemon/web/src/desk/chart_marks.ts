// What happened, drawn into a chart over time: alerts as bands with their onset and detection, notes as lines.
import type {AlertDocument, Annotation} from "../model/api";
import {milliseconds} from "../model/format";
import type {Stretch} from "../model/time_range";
import {clipped, family, fitted, ink} from "./chart_ink";
import type {Pen} from "./time_chart";

export interface AlertMark {
  id: string;
  onset: number | null;
  detected: number;
  ended: number | null; // null: still open
  isCritical: boolean;
}
export interface NoteMark {
  t: number;
  text: string;
}

/** Times are parsed once for each revision: there may be a thousand alerts, and they are wanted each frame. */
const parsed = new WeakMap<AlertDocument, AlertMark>();

function markOf(alert: AlertDocument): AlertMark {
  let mark = parsed.get(alert);
  if (!mark) {
    const {data} = alert;
    mark = {
      id: data.id, onset: milliseconds(data.started_at), detected: Date.parse(data.detected_at), ended: milliseconds(data.ended_at),
      isCritical: data.severity === "critical",
    };
    parsed.set(alert, mark);
  }
  return mark;
}

/** The alerts that the stretch shows anything of, the earliest first; only those of `target` where one is given. */
export function alertMarks(documents: readonly AlertDocument[], {from, to}: Stretch, target: string | null = null): AlertMark[] {
  const concerns = ({data}: AlertDocument) =>
    target === null || data.target.symbol === target || data.targets.some(({symbol}) => symbol === target);
  return documents.filter(concerns).map(markOf)
    .filter(({onset, detected, ended}) => Math.min(onset ?? detected, detected) <= to && (ended === null || ended >= from))
    .sort((a, b) => a.detected - b.detected);
}

export function noteMarks(notes: readonly Annotation[], {from, to}: Stretch): NoteMark[] {
  return notes.map(({time, text}) => ({t: Date.parse(time), text})).filter(({t}) => t >= from && t <= to).sort((a, b) => a.t - b.t);
}

/** Under the lines: from detection until the end, or until now. Where alerts overlap the band is no darker. */
export function drawAlertBands(pen: Pen, marks: readonly AlertMark[]): void {
  const {g, top, bottom} = pen;
  g.fillStyle = ink("--band");
  let from = NaN, to = NaN; // the band that may still grow: marks come in the order of detection
  const finish = () => {
    if (to >= pen.left && from <= pen.right) g.fillRect(from, top, Math.max(to - from, 2), bottom - top);
  };
  for (const {detected, ended} of marks) {
    const left = Math.max(pen.x(detected), pen.left);
    const right = Math.min(ended === null ? pen.right : pen.x(ended), pen.right);
    if (left <= to) to = Math.max(to, right);
    else {
      finish();
      [from, to] = [left, right];
    }
  }
  finish();
}

/** Places within the plotting area, left to right, at least two pixels apart: closer ones look as one. */
function distinct(pen: Pen, times: readonly (number | null)[]): number[] {
  const places = times.filter((t) => t !== null).map(pen.x).filter((x) => x >= pen.left && x <= pen.right).sort((a, b) => a - b);
  const out: number[] = [];
  for (const x of places) if (x - (out.at(-1) ?? -Infinity) >= 2) out.push(x);
  return out;
}

function verticals({g, top, bottom}: Pen, places: readonly number[], dash: number[]): void {
  g.beginPath();
  for (const x of places) {
    g.moveTo(x, top);
    g.lineTo(x, bottom);
  }
  g.setLineDash(dash);
  g.stroke();
  g.setLineDash([]);
}

/** Above so many marks in sight only the detections are drawn. */
const crowd = 60;

/** Over the lines: a ring and a dashed line at the onset, a flag and a line at detection; in words where there is room. */
export function drawAlertMarks(pen: Pen, marks: readonly AlertMark[]): void {
  const {g, top} = pen;
  const words: {text: string; x: number; isRight: boolean; stroke: string}[] = [];
  for (const isCritical of [false, true]) {
    const mine = marks.filter((mark) => mark.isCritical === isCritical);
    if (mine.length === 0) continue;
    const stroke = ink(isCritical ? "--contagion" : "--elevated");
    const onsets = distinct(pen, mine.map(({onset}) => onset)), found = distinct(pen, mine.map(({detected}) => detected));
    g.strokeStyle = stroke;
    g.lineWidth = 1.5;
    // A day of alerts is a texture: details would hide each other, and cost.
    const isCrowded = onsets.length + found.length > crowd;
    if (isCrowded) {
      g.globalAlpha = 0.4;
      g.fillStyle = stroke;
      for (const x of found) g.fillRect(Math.round(x), top, 1, pen.bottom - top);
      g.globalAlpha = 1;
      continue;
    }
    verticals(pen, found, []);
    verticals(pen, onsets, [3, 4]);
    g.beginPath();
    for (const x of onsets) {
      g.moveTo(x + 4, top + 7);
      g.arc(x, top + 7, 4, 0, 7);
      words.push({text: "onset", x, isRight: false, stroke});
    }
    g.fillStyle = ink("--panel");
    g.fill();
    g.stroke();
    g.beginPath();
    for (const x of found) {
      g.moveTo(x, top);
      g.lineTo(x + 10, top + 6);
      g.lineTo(x, top + 12);
      words.push({text: "alert", x, isRight: true, stroke});
    }
    g.fillStyle = stroke;
    g.fill();
  }
  drawWords(pen, words.sort((a, b) => a.x - b.x));
}

function drawWords(pen: Pen, words: readonly {text: string; x: number; isRight: boolean; stroke: string}[]): void {
  const {g, top} = pen;
  g.font = `11px ${family}`;
  g.textAlign = "left";
  g.textBaseline = "middle";
  let taken = -Infinity; // up to where words stand already
  for (const {text, x, isRight, stroke} of words) {
    const width = g.measureText(text).width;
    const from = isRight ? x + 13 : x - 7 - width;
    if (from < taken + 8 || from < pen.left || from + width > pen.right) continue;
    taken = from + width;
    g.globalAlpha = 0.75;
    g.fillStyle = ink("--panel");
    g.fillRect(from - 2, top, width + 4, 14);
    g.globalAlpha = 1;
    g.fillStyle = stroke;
    g.fillText(text, from, top + 7);
  }
}

/** Each note a dotted line with a dot at its foot, and its first words where they hide nobody else's. */
export function drawNotes(pen: Pen, notes: readonly NoteMark[], withWords: boolean): void {
  const {g} = pen;
  g.font = `12px ${family}`;
  g.textAlign = "left";
  g.textBaseline = "middle";
  for (const [i, {t, text}] of notes.entries()) {
    const x = pen.x(t);
    g.fillStyle = g.strokeStyle = ink("--over");
    g.lineWidth = 1;
    verticals(pen, [x], [2, 4]);
    g.beginPath();
    g.arc(x, pen.bottom, 4, 0, 7);
    g.fill();
    if (!withWords) continue;
    const next = notes[i + 1];
    const room = (next ? pen.x(next.t) : pen.right) - x - 12;
    const words = room < 40 ? "" : fitted(g, clipped(text, 32), room);
    if (!words) continue;
    g.globalAlpha = 0.85;
    g.fillStyle = ink("--panel");
    g.fillRect(x + 5, pen.bottom - 21, g.measureText(words).width + 4, 16);
    g.globalAlpha = 1;
    g.fillStyle = ink("--over");
    g.fillText(words, x + 7, pen.bottom - 13);
  }
}
