// Past: what was shown at each closed bar, by column: for the charts, and for going back to a moment.
import type {Correlation, History, Lead, Regime, State} from "./api";
import {milliseconds} from "./format";
import {joinedBars, type Joined} from "./time_range";

type Column = (number | null)[];

export interface PastCorrelation {
  value: Column;
  baseline: Column;
  standard_error: Column;
  samples: Column;
  tainted: (boolean | null)[];
}
export interface PastLead {
  seconds: Column;
  low: Column;
  high: Column;
  verdict: (string | null)[];
  tainted: (boolean | null)[];
}
export interface PastInstrument {
  price: (string | null)[];
  since: Column; // change since the first price, a ratio
}
export interface PastTarget {
  score: Column;
  regime: (Regime | null)[];
}

export const correlationKey = (row: Pick<Correlation, "source" | "target" | "window_s">): string =>
  JSON.stringify([row.source, row.target, row.window_s]);
export const pairKey = (row: Pick<Lead, "source" | "target">): string => JSON.stringify([row.source, row.target]);

// A page is open all day. Of its latest rows each bar is kept, of earlier ones one in so many: what is
// played bar by bar and is older comes from the daemon.
const fineRows = 720; // two hours of bars of ten seconds
const coarseBars = 6;
const coarseRows = 1440; // a day, with the above
/** Rows are thinned and dropped in blocks: one at a time would move every column with every bar. */
const atOnce = 240;

export class Past {
  ts: number[] = []; // milliseconds, rising
  readonly instruments = new Map<string, PastInstrument>();
  readonly groups = new Map<string, Column>();
  readonly targets = new Map<string, PastTarget>();
  readonly correlations = new Map<string, PastCorrelation>();
  readonly leads = new Map<string, PastLead>();
  /** From this time on there is a row for every bar; a long history comes in wider steps. */
  fineFrom = Infinity;
  private bar = 0; // milliseconds
  private step = 0; // of the rows before fineFrom, milliseconds
  private tidyAt = 0; // rows

  /** Rows further apart than these milliseconds have nothing recorded between them. */
  readonly joined: Joined = (t) => joinedBars * (t < this.fineFrom ? Math.max(this.bar, this.step) : this.bar);

  /** The columns of `state`, filled from `history` where there is one. */
  constructor(state: State, history: History | null) {
    this.bar = state.bar_s * 1000;
    this.step = (history?.step_s ?? 0) * 1000;
    this.ts = history ? history.ts.map((t) => Date.parse(t)) : [];
    const n = this.ts.length;
    if (history && history.step_s <= state.bar_s) this.fineFrom = this.ts[0] ?? Infinity;
    const column = <T>(known: (T | null)[] | undefined): (T | null)[] =>
      known && known.length === n ? known.slice() : new Array<T | null>(n).fill(null);
    for (const {symbol} of state.instruments) {
      const known = history?.instruments[symbol];
      this.instruments.set(symbol, {price: column(known?.price), since: column(known?.return_since_open)});
    }
    for (const {name} of state.groups) this.groups.set(name, column(history?.groups[name]?.return_since_open));
    for (const {symbol} of state.targets) {
      const known = history?.targets[symbol];
      this.targets.set(symbol, {score: column(known?.score), regime: column(known?.regime)});
    }
    const correlations = new Map(history?.correlations.map((row) => [correlationKey(row), row]));
    for (const row of state.correlations) {
      const known = correlations.get(correlationKey(row));
      this.correlations.set(correlationKey(row), {
        value: column(known?.value), baseline: column(known?.baseline), standard_error: column(known?.standard_error),
        samples: column(known?.samples), tainted: column(known?.tainted),
      });
    }
    const leads = new Map(history?.leads?.map((row) => [pairKey(row), row]));
    for (const row of state.leads) {
      const known = leads.get(pairKey(row));
      this.leads.set(pairKey(row), {
        seconds: column(known?.seconds), low: column(known?.low), high: column(known?.high), verdict: column(known?.verdict),
        tainted: column(known?.tainted),
      });
    }
  }

  /** The row of the bar that `state.now` lies in: a new one, or the latest again. True if anything changed. */
  take(state: State): boolean {
    const now = milliseconds(state.now);
    if (now === null || state.since === null) return false;
    const at = this.bar > 0 ? Math.floor(now / this.bar) * this.bar : now;
    const last = this.ts[this.ts.length - 1];
    if (last !== undefined && at < last) return false;
    const row = at === last ? this.ts.length - 1 : this.ts.length;
    this.ts[row] = at;
    this.fineFrom = Math.min(this.fineFrom, at);
    for (const it of state.instruments) {
      const column = this.instruments.get(it.symbol);
      if (!column) continue;
      column.price[row] = it.price;
      column.since[row] = it.return_since_open;
    }
    for (const it of state.groups) {
      const column = this.groups.get(it.name);
      if (column) column[row] = it.return_since_open;
    }
    for (const it of state.targets) {
      const column = this.targets.get(it.symbol);
      if (!column) continue;
      column.score[row] = it.score;
      column.regime[row] = it.regime;
    }
    for (const it of state.correlations) {
      const column = this.correlations.get(correlationKey(it));
      if (!column) continue;
      column.value[row] = it.value;
      column.baseline[row] = it.baseline;
      column.standard_error[row] = it.standard_error;
      column.samples[row] = it.samples;
      column.tainted[row] = it.tainted;
    }
    for (const it of state.leads) {
      const column = this.leads.get(pairKey(it));
      if (!column) continue;
      column.seconds[row] = it.seconds;
      column.low[row] = it.low;
      column.high[row] = it.high;
      column.verdict[row] = it.verdict;
      column.tainted[row] = it.tainted;
    }
    if (this.ts.length >= this.tidyAt) this.tidy();
    return true;
  }

  /** The last row that is not later than `t`; -1 when all are. */
  rowAt(t: number): number {
    let low = 0, high = this.ts.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.ts[middle] ?? Infinity) <= t) low = middle + 1;
      else high = middle;
    }
    return low - 1;
  }

  /** A copy of the rows from `first` to before `end`, with the columns of `state`: what comes later does not move it. */
  part(state: State, first: number, end: number): Past {
    const out = new Past(state, null);
    out.ts = this.ts.slice(first, end);
    const rows = out.ts.length;
    const cut = <T>(column: (T | null)[] | undefined): (T | null)[] =>
      Array.from({length: rows}, (_, i) => column?.[first + i] ?? null);
    for (const [key, it] of out.instruments) {
      const known = this.instruments.get(key);
      it.price = cut(known?.price);
      it.since = cut(known?.since);
    }
    for (const key of out.groups.keys()) out.groups.set(key, cut(this.groups.get(key)));
    for (const [key, it] of out.targets) {
      const known = this.targets.get(key);
      it.score = cut(known?.score);
      it.regime = cut(known?.regime);
    }
    for (const key of out.correlations.keys()) {
      const known = this.correlations.get(key);
      out.correlations.set(key, {
        value: cut(known?.value), baseline: cut(known?.baseline), standard_error: cut(known?.standard_error),
        samples: cut(known?.samples), tainted: cut(known?.tainted),
      });
    }
    for (const key of out.leads.keys()) {
      const known = this.leads.get(key);
      out.leads.set(key, {
        seconds: cut(known?.seconds), low: cut(known?.low), high: cut(known?.high), verdict: cut(known?.verdict),
        tainted: cut(known?.tainted),
      });
    }
    return out;
  }

  /** The rows of `later`, of the same state, behind these; an answer of the API is bounded, the past is not. */
  append(later: Past): void {
    const last = this.ts[this.ts.length - 1] ?? -Infinity;
    const first = later.rowAt(last) + 1;
    const theirs = later.columns();
    for (const [place, column] of this.columns().entries()) column.push(...(theirs[place]?.slice(first) ?? []));
    this.fineFrom = Math.min(this.fineFrom, later.fineFrom);
    this.step = Math.max(this.step, later.fineFrom === Infinity ? later.step : 0);
  }

  private tidy(): void {
    this.tidyAt = Math.max(this.ts.length, fineRows) + atOnce;
    const fine = (this.ts.at(-1) ?? 0) - fineRows * this.bar;
    const coarse = coarseBars * this.bar;
    const kept: number[] = [];
    for (const [i, t] of this.ts.entries())
      if (t >= fine || Math.floor(t / coarse) !== Math.floor((this.ts[i + 1] ?? Infinity) / coarse)) kept.push(i);
    const rows = kept.slice(-(fineRows + coarseRows));
    if (rows.length === this.ts.length) return;
    for (const column of this.columns()) {
      for (const [to, from] of rows.entries()) column[to] = column[from];
      column.length = rows.length;
    }
    this.fineFrom = Math.max(this.fineFrom, this.ts[this.rowAt(fine - 1) + 1] ?? Infinity);
    this.step = Math.max(this.step, coarse);
    this.tidyAt = this.ts.length + atOnce;
  }

  /** In the order of the state that they were made for. */
  private columns(): unknown[][] {
    const columns: unknown[][] = [this.ts];
    for (const it of this.instruments.values()) columns.push(it.price, it.since);
    columns.push(...this.groups.values());
    for (const it of this.targets.values()) columns.push(it.score, it.regime);
    for (const it of this.correlations.values()) columns.push(it.value, it.baseline, it.standard_error, it.samples, it.tainted);
    for (const it of this.leads.values()) columns.push(it.seconds, it.low, it.high, it.verdict, it.tainted);
    return columns;
  }
}
