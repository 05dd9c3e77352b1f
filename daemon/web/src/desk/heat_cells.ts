// What the heat map says of each correlation: its figure, its change, and why it may not be trusted.
// Pure: no page.
import * as f from "../model/format";
import type {Correlation, State} from "../model/api";
import {enoughSamples} from "./words";

/** `short` stands in the cell, `long` beside it. */
export interface Absence {
  short: string;
  long: string;
}

export interface HeatCell {
  source: string;
  target: string;
  window: number; // position in windows_s
  row: Correlation | null;
  change: number | null; // against the usual value
  doubts: string[]; // why it gets no colour; none: the figure stands
  absence: Absence | null; // why there is no figure; null where there is one
}

export interface HeatCells {
  sources: string[];
  targets: string[];
  windows: number[]; // seconds
  at(window: number, source: number, target: number): HeatCell;
}

/** Series without a fresh price; a group is one when all its members are. */
export function staleSeries(state: State): Set<string> {
  const stale = new Set(state.instruments.filter((row) => row.stale).map((row) => row.symbol));
  for (const group of state.groups)
    if (group.members.length > 0 && group.members.every((member) => stale.has(member))) stale.add(group.name);
  return stale;
}

function doubtsOf(row: Correlation, stale: ReadonlySet<string>): string[] {
  const doubts: string[] = [];
  if (row.tainted) doubts.push("data with gaps");
  for (const series of [row.source, row.target]) if (stale.has(series)) doubts.push(`${series} has no fresh price`);
  // A figure without samples is one whose samples were not kept.
  if (row.value !== null && row.samples === 0) doubts.push("number of samples not kept");
  else if (row.samples < enoughSamples) doubts.push(`only ${row.samples} samples`);
  return doubts;
}

/** How many samples the engine asks of a window before it says anything: a quarter of its bars. */
const samplesAsked = (window_s: number, bar_s: number): number => Math.max(enoughSamples, Math.floor(Math.round(window_s / bar_s) / 4));

const samples = (n: number): string => (n === 1 ? "1 sample" : `${n} samples`);

function absenceOf(row: Correlation, stale: ReadonlySet<string>, past: boolean, asked: number): Absence | null {
  if (row.value !== null) return null;
  if (past) return {short: "not known", long: "Not known at that moment"};
  if (row.samples < asked)
    return {short: `${row.samples} of ${asked}`, long: `Not computable from ${samples(row.samples)}: ${asked} are needed`};
  const long = `Not computable from ${samples(row.samples)}`;
  if (stale.has(row.source) || stale.has(row.target)) return {short: "stale", long};
  return {short: "no move", long: `${long}: a price does not move`};
}

/** `past`: the state is that of a moment that was kept, not of now. */
export function heatCells(state: State, stale: ReadonlySet<string>, past: boolean): HeatCells {
  const sources = [...new Set(state.correlations.map((row) => row.source))];
  const targets = [...new Set(state.correlations.map((row) => row.target))];
  // Windows are compared by their place: as seconds they may differ in the last digit.
  const place = (seconds: number): number => state.windows_s.findIndex((w) => Math.abs(w - seconds) < 0.5);
  const sourceAt = new Map(sources.map((name, i) => [name, i]));
  const targetAt = new Map(targets.map((name, i) => [name, i]));
  const key = (window: number, source: number, target: number): number => (window * sources.length + source) * targets.length + target;
  const rows = new Map(state.correlations.map((row) => [key(place(row.window_s), sourceAt.get(row.source) ?? -1, targetAt.get(row.target) ?? -1), row]));
  const at = (window: number, source: number, target: number): HeatCell => {
    const names = {source: sources[source] ?? "", target: targets[target] ?? "", window};
    const row = rows.get(key(window, source, target)) ?? null;
    if (!row) return {...names, row, change: null, doubts: [], absence: {short: "–", long: "This pair is not measured over this window"}};
    return {
      ...names, row, change: row.value !== null && row.baseline !== null ? row.value - row.baseline : null,
      doubts: doubtsOf(row, stale), absence: absenceOf(row, stale, past, samplesAsked(row.window_s, state.bar_s)),
    };
  };
  return {sources, targets, windows: state.windows_s, at};
}

/** Value ± error and from how many samples, then the usual value: what pointing at a cell shows. */
export function cellFacts(cell: HeatCell): string[] {
  const {row, absence} = cell;
  if (!row) return absence ? [absence.long] : [];
  const error = row.standard_error === null ? " (error not known)" : ` ± ${f.figure(row.standard_error)}`;
  const value = absence?.long ?? f.figure(row.value) + error + (row.samples > 0 ? ` from ${samples(row.samples)}` : "");
  const usual = row.baseline === null ? "usual value not known"
    : `usually ${f.figure(row.baseline)}` + (cell.change === null ? "" : `, changed by ${f.signedFigure(cell.change)}`);
  return [value, usual];
}
