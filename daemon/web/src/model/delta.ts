import type {Delta, State} from "./api";

/**
 * A new state with the delta in it; rows that did not change are the same objects as before. Of a
 * list the delta holds changed rows by their place, or the whole list; everything else as a whole.
 * What this page does not know is kept all the same: it does no harm.
 */
export function applyDelta(state: State, delta: Delta): State {
  const next: Record<string, unknown> = {...state};
  for (const [name, value] of Object.entries(delta)) {
    const known = next[name];
    if (Array.isArray(known) && value !== null && typeof value === "object" && !Array.isArray(value)) {
      const rows = known.slice();
      for (const [place, row] of Object.entries(value)) rows[Number(place)] = row;
      next[name] = rows;
    } else {
      next[name] = value;
    }
  }
  return next as unknown as State;
}
