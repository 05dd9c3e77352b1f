// Fetching the stretch of the past that an alert is shown with: what the page knows already, or else
// the daemon's history.
import {fetchData} from "../link/fetch";
import type {History, State} from "../model/api";
import {Past} from "../model/past";
import {beginningsAt, type Beginnings} from "./state_at";
import type {Stretch} from "./window";

export interface KeptStretch {
  past: Past;
  beginnings: Beginnings;
}

/** Asked for before the stretch, to know since when the regimes at its beginning had lasted. */
const leadMs = 2 * 3600000;

function cut(state: State, whole: Past, {from, to}: Stretch): KeptStretch | null {
  const first = whole.rowAt(from - 1) + 1, end = whole.rowAt(to) + 1;
  if (first >= end) return null;
  return {past: whole.part(state, first, end), beginnings: beginningsAt(whole, first)};
}

/** At once, where the page's own past reaches back far enough. */
export function knownStretch(state: State, past: Past | null, stretch: Stretch): KeptStretch | null {
  const oldest = past?.ts[0];
  return past && oldest !== undefined && oldest <= stretch.from ? cut(state, past, stretch) : null;
}

/** What the daemon keeps of it, from where it begins; null: nothing, or no answer. */
export async function fetchStretch(state: State, stretch: Stretch): Promise<KeptStretch | null> {
  const query = new URLSearchParams({
    from: new Date(stretch.from - leadMs).toISOString(), to: new Date(stretch.to).toISOString(), step: "0",
  });
  const history = await fetchData<History>(`api/v1/history?${query.toString()}`);
  return history ? cut(state, new Past(state, history), stretch) : null;
}
