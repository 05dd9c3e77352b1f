// What the heat map says of each correlation: its figure, its change, and why it may not be trusted.
// Pure: no page.
import * as f from "../model/format";
import type {Correlation, State} from "../model/api";
import {enoughSamples} from "./words";

export interface HeatCell {
  source: string;
  target: string;
  window: number; // position in windows_s
  row: Correlation | null;
  change: number | null; // against the usual value
  doubts: string[]; // why it gets no colour; none: the figure stands
  absence: string; // in a word or two, why there is no figure; empty where there is one
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

function absenceOf(row: Correlation, stale: ReadonlySet<string>, past: boolean): string {
  if (row.value !== null) return "";
  if (past) return "not known";
  if (stale.has(row.source) || stale.has(row.target)) return "stale";
  if (row.tainted) return "gaps";
  return row.samples < enoughSamples ? `${row.samples} rows` : "no move";
}

/** `past`: the state is that of a moment that was kept, not of now. */
export function heatCells(state: State, stale: ReadonlySet<string>, past: boolean): HeatCells {
  const sources = [...new Set(state.correlations.map((row) => row.source))];
  const targets = [...new Set(state.correlations.map((row) => row.target))];
  // Windows are compared by their place: as seconds they may differ in the last digit.
  const place = (seconds: number): number => state.windows_s.findIndex((w) => Math.abs(w - seconds) < 0.5);
  const key = (window: number, source: string, target: string): string => JSON.stringify([window, source, target]);
  const rows = new Map(state.correlations.map((row) => [key(place(row.window_s), row.source, row.target), row]));
  const at = (window: number, source: number, target: number): HeatCell => {
    const names = {source: sources[source] ?? "", target: targets[target] ?? "", window};
    const row = rows.get(key(window, names.source, names.target)) ?? null;
    if (!row) return {...names, row, change: null, doubts: [], absence: "not asked"};
    return {
      ...names, row, change: row.value !== null && row.baseline !== null ? row.value - row.baseline : null,
      doubts: doubtsOf(row, stale), absence: absenceOf(row, stale, past),
    };
  };
  return {sources, targets, windows: state.windows_s, at};
}

const samples = (n: number): string => (n === 1 ? "1 sample" : `${n} samples`);

/** Value ± error and from how many samples, then the usual value: what pointing at a cell shows. */
export function cellFacts(cell: HeatCell): string[] {
  const {row} = cell;
  if (!row) return ["This pair is not measured over this window."];
  const value = row.value === null
    ? cell.absence === "not known" ? "Not known at that moment"
      : cell.absence === "no move" ? `Not computable from ${samples(row.samples)}: a price does not move`
        : `Not computable from ${samples(row.samples)}`
    : f.figure(row.value) + (row.standard_error === null ? " (error not known)" : ` ± ${f.figure(row.standard_error)}`) +
      (row.samples > 0 ? ` from ${samples(row.samples)}` : "");
  const usual = row.baseline === null ? "usual value not known"
    : `usually ${f.figure(row.baseline)}` + (cell.change === null ? "" : `, changed by ${f.signedFigure(cell.change)}`);
  return [value, usual];
}
