// Columns worked out from the columns of the past, each row once. Pure.

export type Column = (number | null)[];

/**
 * A column that grows with the past. Only its latest row may still change. Rows fall away or are thinned
 * in blocks, and as many may have come since while nobody looked: where the rows are not those of before,
 * or `owner` or `key` are others, it is worked out anew.
 */
export class Derived {
  readonly values: Column = [];
  private owner: object | null = null;
  private key = "";
  private first: number | undefined;
  private last: number | undefined; // the time of the latest row that was worked out

  /** `reach`: how many of the latest rows depend on a row that may still change. */
  update(owner: object, key: string, ts: readonly number[], derive: (row: number) => number | null, reach = 1): Column {
    const values = this.values;
    if (owner !== this.owner || key !== this.key || ts[0] !== this.first || ts[values.length - 1] !== this.last) values.length = 0;
    this.owner = owner;
    this.key = key;
    this.first = ts[0];
    for (let row = Math.max(0, values.length - reach); row < ts.length; ++row) values[row] = derive(row);
    this.last = ts.at(-1);
    return values;
  }
}

// ---- rebasing ----

/** The last row up to `row` that has a value; -1 when none has. */
export function knownRow(column: readonly unknown[], row: number): number {
  for (let i = Math.min(row, column.length - 1); i >= 0; --i) if (column[i] !== null && column[i] !== undefined) return i;
  return -1;
}

/** A change since the start as a change since the moment when it was `then`: both are ratios. */
export function rebasedRatio(now: number | null | undefined, then: number): number | null {
  return now === null || now === undefined || then <= -1 ? null : (1 + now) / (1 + then) - 1;
}

/** The change from the price `then`. */
export function priceChange(now: string | null | undefined, then: number): number | null {
  if (!now || !(then > 0)) return null;
  const change = Number(now) / then - 1;
  return Number.isFinite(change) ? change : null;
}

// ---- correlations ----

/** Whether a correlation is to be doubted: too few samples, or data with gaps. What is unknown is not held against it. */
export function isDoubtful(samples: number | null | undefined, tainted: boolean | null | undefined, enough: number): boolean {
  return tainted === true || (samples !== null && samples !== undefined && samples < enough);
}

/** One edge of the band: `deviations` standard errors from what is usual, within what a correlation can be. */
export function bandEdge(baseline: number | null | undefined, error: number | null | undefined, deviations: number): number | null {
  if (baseline === null || baseline === undefined || error === null || error === undefined) return null;
  return Math.min(1, Math.max(-1, baseline + deviations * error));
}
