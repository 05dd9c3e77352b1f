// Which rows a stretch of time shows, and how far their values reach. Pure.
import type {Stretch} from "../model/time_range";
import type {Column} from "./derived";

export interface RowSpan {
  from: number;
  to: number; // before `from` when there is none
}

/** The first row that is not before `t`. */
function firstFrom(ts: readonly number[], t: number): number {
  let low = 0, high = ts.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((ts[middle] ?? Infinity) < t) low = middle + 1;
    else high = middle;
  }
  return low;
}

export function visibleRows(ts: readonly number[], {from, to}: Stretch): RowSpan {
  const first = firstFrom(ts, from);
  let end = firstFrom(ts, to);
  if (ts[end] === to) ++end;
  return {from: first, to: end - 1};
}

/** The lowest and the highest value of all columns in these rows; null where there is none. */
export function valueRange(columns: readonly Column[], {from, to}: RowSpan): [number | null, number | null] {
  let low = Infinity, high = -Infinity;
  for (const column of columns)
    for (let i = from; i <= to; ++i) {
      const value = column[i];
      if (value === null || value === undefined) continue;
      if (value < low) low = value;
      if (value > high) high = value;
    }
  return low <= high ? [low, high] : [null, null];
}
