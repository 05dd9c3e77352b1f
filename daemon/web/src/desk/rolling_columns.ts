// The columns of the rolling correlation: the line where it can be trusted, where it is to be doubted,
// what is usual, and the band around that.
import type {State} from "../model/api";
import {correlationKey, type Past, type PastCorrelation} from "../model/past";
import {bandEdge, Derived, isDoubtful, type Column} from "./derived";
import {enoughSamples} from "./words";

/** Half the width of the band, in standard errors of the estimate. */
export const bandErrors = 2;

/** The row of the past for a pair and the window of that index; null where it is not computed. */
export function pairOf(state: State, past: Past, target: string, window: number): PastCorrelation | null {
  const seconds = state.windows_s[window];
  if (seconds === undefined || state.source_group === null) return null;
  // Windows pass through nanoseconds on their way: 120 may come as 120.00000000000001.
  const row = state.correlations.find((it) =>
    it.source === state.source_group && it.target === target && Math.abs(it.window_s - seconds) < 0.001);
  return row ? (past.correlations.get(correlationKey(row)) ?? null) : null;
}

export interface RollingValues {
  sure: Column;
  doubtful: Column;
  low: Column;
  high: Column;
  baseline: Column;
}

export class RollingColumns {
  private readonly sure = new Derived();
  private readonly doubtful = new Derived();
  private readonly low = new Derived();
  private readonly high = new Derived();

  update(past: Past, key: string, pair: PastCorrelation): RollingValues {
    const {value, baseline, standard_error: error} = pair;
    const isDoubted = (i: number) => isDoubtful(pair.samples[i], pair.tainted[i], enoughSamples);
    // The stretch in doubt begins and ends where the other line does, so that they meet.
    const touchesDoubt = (i: number) => isDoubted(i) || (i > 0 && isDoubted(i - 1)) || (i + 1 < value.length && isDoubted(i + 1));
    const {ts} = past;
    return {
      sure: this.sure.update(past, key, ts, (i) => (isDoubted(i) ? null : (value[i] ?? null))),
      doubtful: this.doubtful.update(past, key, ts, (i) => (touchesDoubt(i) ? (value[i] ?? null) : null), 2),
      low: this.low.update(past, key, ts, (i) => bandEdge(baseline[i], error[i], -bandErrors)),
      high: this.high.update(past, key, ts, (i) => bandEdge(baseline[i], error[i], bandErrors)),
      baseline,
    };
  }
}

/** The axis of a correlation: up to one, down to zero, or so far below as it goes. */
export function correlationRange(low: number | null): [number, number] {
  const least = low === null || !Number.isFinite(low) ? 0 : Math.min(0, low);
  return [Math.max(-1, Math.floor(least * 4) / 4), 1];
}
