// Who moves first, in words: what may be claimed of a lead, and why nothing may. Pure.
import * as f from "../model/format";
import type {Lead} from "../model/api";

/** Why no lead is claimed. `short` stands on a drawing, `long` in a table. */
const noLead: Record<string, {short: string; long: string}> = {
  too_few_ticks: {short: "too few ticks", long: "too few ticks"},
  no_variance: {short: "price stands still", long: "a price that does not move"},
  not_significant: {short: "no lag stands out", long: "no lag stands out"},
  spans_zero: {short: "together", long: "together, as far as can be told"},
  finer_than_ticks: {short: "together", long: "together: any lag is shorter than the ticks lie apart"},
  at_the_edge: {short: "maybe longer", long: "the lag may be longer than looked for"},
};

export interface LeadTold {
  isClaimed: boolean;
  first: string; // who moves first, where that is claimed
  second: string;
  seconds: number | null; // not negative; of a claimed lead
  interval: [number, number] | null; // as seconds of the lead, 95 %
  reason: {short: string; long: string}; // why nothing is claimed; empty where something is
}

const reasonOf = (row: Lead): {short: string; long: string} => {
  if (row.verdict === null) return {short: "not measured", long: "not measured yet"};
  return noLead[row.verdict] ?? {short: row.verdict.replaceAll("_", " "), long: row.verdict.replaceAll("_", " ")};
};

/** A negative lag is the target's lead: told with the names in that order. */
export function tellLead(row: Lead): LeadTold {
  const none = {isClaimed: false, first: row.source, second: row.target, seconds: null, interval: null};
  if (row.verdict !== "led") return {...none, reason: reasonOf(row)};
  if (row.seconds === null) return {...none, reason: {short: "seconds not known", long: "a lead, but its seconds are not known"}};
  const ahead = row.seconds >= 0;
  const interval: [number, number] | null = row.low === null || row.high === null ? null
    : ahead ? [row.low, row.high] : [-row.high, -row.low];
  // Whatever the verdict says, an interval with zero in it claims nothing, nor does a lag of nothing.
  if (row.seconds === 0 || (interval && interval[0] <= 0 && interval[1] >= 0)) return {...none, reason: {short: "together", long: "together, as far as can be told"}};
  return {
    isClaimed: true, first: ahead ? row.source : row.target, second: ahead ? row.target : row.source,
    seconds: Math.abs(row.seconds), interval, reason: {short: "", long: ""},
  };
}

export const intervalText = (interval: [number, number] | null): string => (interval ? `[${interval.map(f.lag).join(", ")}]` : "");

/** What stands behind a row: best lag, correlation there, ticks; only what is known. */
export function leadGround(row: Lead): string {
  const parts: string[] = [];
  if (row.verdict !== "led" && row.seconds !== null) parts.push(`best lag ${f.lag(row.seconds)} s`);
  if (row.correlation !== null)
    parts.push(`correlation ${f.figure(row.correlation)}${row.correlation_standard_error === null ? "" : ` ± ${f.figure(row.correlation_standard_error)}`} at that lag`);
  if (row.ticks_source > 0 || row.ticks_target > 0)
    parts.push(`${row.ticks_source} and ${row.ticks_target} ticks` + (row.tainted ? ", with gaps" : ""));
  else if (row.tainted) parts.push("data with gaps");
  return parts.join(", ");
}

/** "NVDA moves 41 s before BTC-USD [22, 60]", or why that cannot be said. */
export function leadSentence(row: Lead): string {
  const told = tellLead(row);
  if (!told.isClaimed || told.seconds === null) return `${row.source} and ${row.target}: ${told.reason.long}`;
  return `${told.first} moves ${f.lag(told.seconds)} s before ${told.second}` +
    (told.interval ? ` (95 %: ${told.interval.map(f.lag).join(" to ")} s)` : " (interval not known)");
}
