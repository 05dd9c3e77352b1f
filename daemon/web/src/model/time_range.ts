// Which stretch of time the charts show, and stretches within it. Pure.

/** The latest so many milliseconds, everything, or a stretch that someone has chosen. */
export type TimeRange = number | "all" | {from: number; to: number};

export interface Stretch {
  from: number;
  to: number;
}

const leastSpan = 60_000;
/** Rows further apart than so many bars are not joined. A demo at high speed skips a bar or two for the page. */
export const joinedBars = 3.5;
/** How far, in milliseconds, the next row may be from the one at `t` to be joined with it. */
export type Joined = (t: number) => number;

/** The stretch that is shown of rows at `ts`; never so short that an axis would have no length. */
export function shownStretch(range: TimeRange, ts: readonly number[]): Stretch {
  if (typeof range === "object") return widened(range.from, range.to);
  const first = ts[0] ?? 0, last = ts.at(-1) ?? 0;
  return widened(range === "all" ? first : Math.max(first, last - range), last);
}

function widened(from: number, to: number): Stretch {
  return {from, to: Math.max(to, from + leastSpan)};
}

export interface Run<T> extends Stretch {
  value: T;
}

/** Stretches of the same value; each row holds until the next, unless nothing was recorded for long: then for a bar. */
export function runs<T>(ts: readonly number[], values: readonly (T | null)[], joined: Joined, {from, to}: Stretch): Run<T>[] {
  const out: Run<T>[] = [];
  for (let i = 0; i < ts.length; ++i) {
    const start = ts[i] ?? 0;
    if (start > to) break;
    const next = ts[i + 1] ?? Infinity;
    const end = Math.min(next - start > joined(start) ? start + joined(start) / joinedBars : next, to);
    const value = values[i];
    if (end < from || value === null || value === undefined) continue;
    const last = out.at(-1);
    if (last && last.value === value && start <= last.to) last.to = end;
    else out.push({from: Math.max(start, from), to: end, value});
  }
  return out;
}

/** At most `count` rows spread over the stretch, its last one among them: for a table. */
export function sampleRows(ts: readonly number[], {from, to}: Stretch, count: number): number[] {
  let first = 0, last = ts.length - 1;
  while (first <= last && (ts[first] ?? 0) < from) ++first;
  while (last >= first && (ts[last] ?? 0) > to) --last;
  const every = Math.max(1, Math.ceil((last - first + 1) / count));
  const out: number[] = [];
  for (let i = last; i >= first; i -= every) out.push(i);
  return out;
}
