// The lines of the price chart: the source group, its members and the targets, as changes since the
// first price or since the onset of an alert.
import type {State} from "../model/api";
import type {AlertDocument} from "../model/api";
import {milliseconds} from "../model/format";
import type {Past} from "../model/past";
import {Derived, knownRow, priceChange, rebasedRatio, type Column} from "./derived";
import {targetColour} from "./words";

export interface Line {
  name: string;
  kind: "group" | "member" | "target";
  ink: string;
}

/** In drawing order: members lie under the rest. */
export function linesOf(state: State): Line[] {
  const group = state.groups.find((it) => it.name === state.source_group);
  const targets = state.targets.map(({symbol}): Line => ({name: symbol, kind: "target", ink: targetColour(state.targets, symbol)}));
  const members = (group?.members ?? []).filter((name) => !targets.some((it) => it.name === name));
  return [
    ...members.map((name): Line => ({name, kind: "member", ink: "--member"})),
    ...(group ? [{name: group.name, kind: "group", ink: "--group"} as const] : []),
    ...targets,
  ];
}

/** When what the alert tells of began; its detection where the onset is not known. */
export const onsetOf = (alert: AlertDocument | undefined): number | null =>
  alert ? (milliseconds(alert.data.started_at) ?? milliseconds(alert.data.detected_at)) : null;

export class PriceColumns {
  private readonly derived = new Map<string, Derived>();

  /** The column of a line since the first price, or since `onset`; null where there is none. */
  column(past: Past, line: Line, onset: number | null): Column | null {
    const since = line.kind === "group" ? past.groups.get(line.name) : past.instruments.get(line.name)?.since;
    if (!since || onset === null) return since ?? null;
    const key = JSON.stringify([line.kind, line.name]);
    const derived = this.derived.get(key) ?? new Derived();
    this.derived.set(key, derived);
    const row = past.rowAt(onset);
    if (line.kind === "group") {
      const then = since[knownRow(since, row)] ?? null;
      return derived.update(past, `ratio ${then}`, past.ts, (i) => (then === null ? null : rebasedRatio(since[i], then)));
    }
    const prices = past.instruments.get(line.name)?.price ?? [];
    const then = prices[knownRow(prices, row)] ?? null;
    return derived.update(past, `price ${then}`, past.ts, (i) => (then === null ? null : priceChange(prices[i], Number(then))));
  }
}
