// Names and values right of the lines' ends, moved apart where they would cover each other.
import {family, fitted, ink} from "./chart_ink";
import {placeLabels} from "./label_places";
import type {Pen} from "./time_chart";

export interface End {
  name: string;
  value: string; // as it is read
  at: number; // what it is: a value of the axis
  ink: string;
  isSmall: boolean; // on one line, and the first to go when room is short
  rank: number;
  t: number | null; // where a dot stands on the line; null: none
  isFaint: boolean; // not measured now
}

const tall = 29;
const low = 14;

export function drawEnds(pen: Pen, ends: readonly End[]): void {
  const {g} = pen;
  const within = (y: number) => Math.min(Math.max(y, pen.top), pen.bottom);
  const places = placeLabels(
    ends.map((end) => ({at: within(pen.y(end.at)), size: end.isSmall ? low : tall, rank: end.rank})), pen.top - 6, pen.bottom + 6);
  const left = pen.right + 14, width = pen.room - 16;
  g.textAlign = "left";
  g.textBaseline = "middle";
  for (const [i, end] of ends.entries()) {
    const y = pen.y(end.at);
    const place = places[i] ?? null;
    g.globalAlpha = end.isFaint ? 0.6 : 1;
    g.fillStyle = g.strokeStyle = ink(end.ink);
    const isSeen = y >= pen.top - 1 && y <= pen.bottom + 1;
    if (end.t !== null && isSeen && !end.isSmall) {
      g.beginPath();
      g.arc(Math.min(pen.x(end.t), pen.right), y, 3.5, 0, 7);
      g.fill();
    }
    if (place === null) continue;
    // From the line's end to its name, which may have been moved; not where the line ends elsewhere.
    if (end.t === null || pen.x(end.t) > pen.right - 20) {
      g.lineWidth = 1;
      g.globalAlpha *= 0.6;
      g.beginPath();
      g.moveTo(pen.right + 3, within(y));
      g.lineTo(pen.right + 11, place);
      g.stroke();
      g.globalAlpha = end.isFaint ? 0.6 : 1;
    }
    if (end.isSmall) {
      g.font = `11px ${family}`;
      const value = g.measureText(end.value).width;
      const name = pen.narrow ? fitted(g, end.name, width) : fitted(g, end.name, width - value - 5);
      g.fillText(name, left, place);
      if (!pen.narrow) g.fillText(end.value, left + g.measureText(name).width + 5, place);
    } else {
      g.font = `600 12px ${family}`;
      g.fillText(fitted(g, end.name, width), left, place - 7);
      g.font = `12px ${family}`;
      g.fillText(end.value, left, place + 7, width);
    }
  }
  g.globalAlpha = 1;
}
