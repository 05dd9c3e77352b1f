// Words that several panels use for the same thing.
import * as f from "../model/format";
import type {Instrument, Target} from "../model/api";

export const signOf = (value: f.Maybe): "up" | "down" | "" =>
  value === null || value === undefined ? "" : value > 0 ? "up" : value < 0 ? "down" : "";

/** Why data are in doubt, as the state names it. */
const causes: Record<string, string> = {
  gap: "messages were lost", stale: "was without a fresh price", divergence: "its venues disagree",
  clock: "a clock is wrong", frozen: "its price stands still although frames come",
};

/** What is wrong with a price beyond its age, each in a few words. */
export function doubts(row: Instrument): string[] {
  const off = row.diverged.map(({feed, ratio}) =>
    ratio === null ? `⚠ ${feed} disagrees`
      : `⚠ ${feed} ${f.percent(Math.abs(ratio), 1).replace("+", "")} ${ratio > 0 ? "above" : "below"} the rest`);
  return [...off, ...row.taint.map((cause) => `⚠ ${causes[cause] ?? cause}`)];
}

/** The colour of a target's lines and names, by its place in the configuration: a CSS variable. */
export function targetColour(targets: readonly Target[], symbol: string): string {
  return `--target-${Math.max(0, targets.findIndex((row) => row.symbol === symbol)) % 4}`;
}

/** Below this many samples a correlation claims nothing. */
export const enoughSamples = 10;
