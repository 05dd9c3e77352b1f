// Lines and bands from rows, thinned to what the pixels can show. Pure: a path is whatever takes points.
import type {Joined} from "../model/time_range";
import type {Column} from "./derived";

export interface Path {
  moveTo(x: number, y: number): void;
  lineTo(x: number, y: number): void;
}
export interface ClosedPath extends Path {
  closePath(): void;
}

/** Rows `from` to `to` of columns over `ts`, and how they lie on the canvas. */
export interface Rows {
  ts: readonly number[];
  from: number;
  to: number;
  joined: Joined; // rows further apart in time are not joined
  x: (t: number) => number;
  y: (value: number) => number;
}

/**
 * A line through the values. Of the rows in one column of pixels the first, the lowest, the highest and
 * the last are kept: it looks as with all of them, and a day costs no more than an hour. A value that is
 * absent, or a time without rows, is a gap; a value alone between two gaps is a dot.
 */
export function traceLine(path: Path, values: Column, {ts, from, to, joined, x, y}: Rows): void {
  let points = 0; // since the last gap
  let column = NaN; // of pixels
  let lastT = 0, lastX = 0, lastY = 0, lowX = 0, lowY = 0, highX = 0, highY = 0, firstX = 0;
  const finishColumn = () => {
    if (points === 0 || lastX === firstX) return;
    if (lowX <= highX) {
      if (lowX > firstX && lowX < lastX) path.lineTo(lowX, lowY);
      if (highX > firstX && highX < lastX && highX !== lowX) path.lineTo(highX, highY);
    } else {
      if (highX > firstX && highX < lastX) path.lineTo(highX, highY);
      if (lowX > firstX && lowX < lastX) path.lineTo(lowX, lowY);
    }
    path.lineTo(lastX, lastY);
  };
  const finishLine = () => {
    finishColumn();
    if (points === 1) path.lineTo(lastX + 1, lastY);
    points = 0;
  };
  for (let i = Math.max(0, from); i <= to && i < ts.length; ++i) {
    const value = values[i];
    if (value === null || value === undefined) {
      if (points > 0) finishLine();
      continue;
    }
    const t = ts[i] ?? 0;
    if (points > 0 && t - lastT > joined(lastT)) finishLine();
    const px = x(t), py = y(value);
    if (points === 0 || Math.floor(px) !== column) {
      finishColumn();
      if (points === 0) path.moveTo(px, py);
      else path.lineTo(px, py);
      column = Math.floor(px);
      firstX = lowX = highX = px;
      lowY = highY = py;
    } else {
      if (py > lowY) [lowX, lowY] = [px, py];
      if (py < highY) [highX, highY] = [px, py];
    }
    [lastT, lastX, lastY] = [t, px, py];
    ++points;
  }
  if (points > 0) finishLine();
}

/**
 * The outline of the same line, `width` wide, where several rows share each column of pixels: in each
 * column from the lowest to the highest, and from where the line came. To the eye it is the same, and
 * without a graphics card a tenth of the work of a stroke that runs up and down thousands of times.
 */
export function traceOutline(path: ClosedPath, values: Column, width: number, {ts, from, to, joined, x, y}: Rows): void {
  let columns: {at: number; low: number; high: number}[] = []; // since the last gap; low and high as the canvas counts
  let last = 0, lastT = 0;
  const finish = () => {
    const [first] = columns;
    if (!first) return;
    const half = width / 2;
    path.moveTo(first.at, first.high - half);
    for (const [i, {at, high}] of columns.entries()) {
      path.lineTo(at, high - half);
      path.lineTo(columns[i + 1]?.at ?? at + 1, high - half);
    }
    for (let i = columns.length - 1; i >= 0; --i) {
      const it = columns[i];
      if (!it) break;
      path.lineTo(columns[i + 1]?.at ?? it.at + 1, it.low + half);
      path.lineTo(it.at, it.low + half);
    }
    path.closePath();
    columns = [];
  };
  for (let i = Math.max(0, from); i <= to && i < ts.length; ++i) {
    const value = values[i], t = ts[i] ?? 0;
    if (value === null || value === undefined) {
      finish();
      continue;
    }
    if (t - lastT > joined(lastT)) finish();
    const at = Math.floor(x(t)), py = y(value);
    const now = columns.at(-1);
    if (now?.at === at) {
      now.low = Math.max(now.low, py);
      now.high = Math.min(now.high, py);
    } else {
      const came = now ? last : py;
      columns.push({at, low: Math.max(py, came), high: Math.min(py, came)});
    }
    last = py;
    lastT = t;
  }
  finish();
}

/** The area between two columns; in each column of pixels as wide as it is anywhere there. */
export function traceBand(path: ClosedPath, low: Column, high: Column, {ts, from, to, joined, x, y}: Rows): void {
  let top: [number, number][] = [], bottom: [number, number][] = [];
  let lastT = 0;
  const finish = () => {
    const [first] = top, [last] = bottom;
    if (first && last) {
      if (top.length === 1) {
        top.push([first[0] + 1, first[1]]);
        bottom.push([last[0] + 1, last[1]]);
      }
      path.moveTo(...first);
      for (const point of top) path.lineTo(...point);
      for (const point of bottom.reverse()) path.lineTo(...point);
      path.closePath();
    }
    top = [];
    bottom = [];
  };
  for (let i = Math.max(0, from); i <= to && i < ts.length; ++i) {
    const a = low[i], b = high[i], t = ts[i] ?? 0;
    if (a === null || a === undefined || b === null || b === undefined || (top.length > 0 && t - lastT > joined(lastT))) {
      finish();
      if (a === null || a === undefined || b === null || b === undefined) continue;
    }
    const px = x(t), py = y(b), qy = y(a);
    const upper = top.at(-1), lower = bottom.at(-1);
    if (upper && lower && Math.floor(upper[0]) === Math.floor(px)) {
      upper[1] = Math.min(upper[1], py);
      lower[1] = Math.max(lower[1], qy);
    } else {
      top.push([px, py]);
      bottom.push([px, qy]);
    }
    lastT = t;
  }
  finish();
}
