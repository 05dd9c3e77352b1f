// Fetching the stretch of the past that an alert is shown with: what the page knows already, or else
// the daemon's history.
import {fetchData} from "../link/fetch";
import type {History, State} from "../model/api";
import {Past} from "../model/past";
import {beginningsAt, beginningsAfter, type Beginnings} from "./state_at";
import type {Stretch} from "./window";

export interface KeptStretch {
  past: Past;
  beginnings: Beginnings;
}

/** At once, where the page's own past reaches back far enough, bar by bar. */
export function knownStretch(state: State, past: Past | null, {from, to}: Stretch): KeptStretch | null {
  if (!past || past.fineFrom > from) return null;
  const first = past.rowAt(from - 1) + 1, end = past.rowAt(to) + 1;
  return first < end ? {past: past.part(state, first, end), beginnings: beginningsAt(past, first)} : null;
}

/** Asked for before the stretch, to know since when the regimes at its beginning had lasted. */
const leadMs = 2 * 3600000;

/** What the daemon keeps of it, from where it begins; null: nothing, or no answer. */
export async function fetchStretch(state: State, {from, to}: Stretch): Promise<KeptStretch | null> {
  const ask = <T>(begin: number, end: number, more: Record<string, string>): Promise<T | null> => {
    const query = new URLSearchParams({from: new Date(begin).toISOString(), to: new Date(end).toISOString(), step: "0", ...more});
    return fetchData<T>(`api/v1/history?${query.toString()}`);
  };
  // The API tells what is later than `from`.
  const [history, before] = await Promise.all([
    ask<History>(from - 1, to, {}), ask<Pick<History, "ts" | "targets">>(from - leadMs, from - 1, {parts: "targets"}),
  ]);
  if (!history || history.ts.length === 0) return null;
  const past = new Past(state, history);
  return {past, beginnings: beginningsAfter(before, past)};
}
