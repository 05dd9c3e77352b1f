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

/** The alerts that the stretch shows anything of, the earliest first. */
export function alertMarks(documents: readonly AlertDocument[], {from, to}: Stretch, target: string | null = null): AlertMark[] {
  const out: AlertMark[] = [];
  for (const {data} of documents) {
    if (target !== null && !data.targets.some((it) => it.symbol === target) && data.target.symbol !== target) continue;
    const detected = Date.parse(data.detected_at), onset = milliseconds(data.started_at), ended = milliseconds(data.ended_at);
    if (Math.min(onset ?? detected, detected) > to || (ended !== null && ended < from)) continue;
    out.push({id: data.id, onset, detected, ended, isCritical: data.severity === "critical"});
  }
  return out.sort((a, b) => a.detected - b.detected);
}

export function noteMarks(notes: readonly Annotation[], {from, to}: Stretch): NoteMark[] {
  return notes.map(({time, text}) => ({t: Date.parse(time), text})).filter(({t}) => t >= from && t <= to).sort((a, b) => a.t - b.t);
}

/** Under the lines: from detection until the end, or until now. */
export function drawAlertBands(pen: Pen, marks: readonly AlertMark[]): void {
  const {g} = pen;
  g.fillStyle = ink("--band");
  for (const {detected, ended} of marks) {
    const left = Math.max(pen.x(detected), pen.left);
    const right = Math.min(ended === null ? pen.right : pen.x(ended), pen.right);
    if (left <= pen.right) g.fillRect(left, pen.top, Math.max(right - left, 2), pen.bottom - pen.top);
  }
}

const vertical = ({g, top, bottom}: Pen, x: number, dash: number[]): void => {
  g.setLineDash(dash);
  g.beginPath();
  g.moveTo(x, top);
  g.lineTo(x, bottom);
  g.stroke();
  g.setLineDash([]);
};

/** Over the lines: a ring and a dashed line at the onset, a flag and a line at detection; in words where there is room. */
export function drawAlertMarks(pen: Pen, marks: readonly AlertMark[]): void {
  const {g} = pen;
  g.font = `11px ${family}`;
  g.textBaseline = "middle";
  let taken = -Infinity; // up to where words stand already
  const word = (text: string, x: number, right: boolean, stroke: string) => {
    const width = g.measureText(text).width;
    const from = right ? x + 13 : x - 7 - width;
    if (from < taken + 8 || from < pen.left || from + width > pen.right) return;
    taken = from + width;
    g.textAlign = "left";
    g.globalAlpha = 0.75;
    g.fillStyle = ink("--panel");
    g.fillRect(from - 2, pen.top, width + 4, 14);
    g.globalAlpha = 1;
    g.fillStyle = stroke;
    g.fillText(text, from, pen.top + 7);
  };
  for (const {onset, detected, isCritical} of marks) {
    const stroke = ink(isCritical ? "--contagion" : "--elevated");
    g.strokeStyle = g.fillStyle = stroke;
    g.lineWidth = 1.5;
    if (onset !== null) {
      const x = pen.x(onset);
      if (x >= pen.left && x <= pen.right) {
        vertical(pen, x, [3, 4]);
        g.beginPath();
        g.arc(x, pen.top + 7, 4, 0, 7);
        g.fillStyle = ink("--panel");
        g.fill();
        g.stroke();
        word("onset", x, false, stroke);
      }
    }
    const x = pen.x(detected);
    if (x < pen.left || x > pen.right) continue;
    g.strokeStyle = g.fillStyle = stroke;
    vertical(pen, x, []);
    g.beginPath();
    g.moveTo(x, pen.top);
    g.lineTo(x + 10, pen.top + 6);
    g.lineTo(x, pen.top + 12);
    g.fill();
    word("alert", x, true, stroke);
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
    vertical(pen, x, [2, 4]);
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
