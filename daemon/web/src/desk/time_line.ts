// The time line: alerts and people's notes in one order, and what an alert says in words. Pure.
import type {AlertData, AlertDocument, Annotation} from "../model/api";
import * as f from "../model/format";

export type Entry =
  | {kind: "alert"; key: string; t: number; document: AlertDocument}
  | {kind: "note"; key: string; t: number; note: Annotation};

/** The latest first. `alerts` are in that order already. */
export function weave(alerts: readonly AlertDocument[], notes: readonly Annotation[]): Entry[] {
  const entries: Entry[] = alerts.map((document) => (
    {kind: "alert", key: document.data.id, t: Date.parse(document.data.detected_at), document}));
  const seen = new Map<string, number>();
  for (const note of notes) {
    const name = `note ${note.id ?? `${note.time} ${note.text}`}`;
    const times = seen.get(name) ?? 0;
    seen.set(name, times + 1);
    entries.push({kind: "note", key: times === 0 ? name : `${name} ${times}`, t: Date.parse(note.time), note});
  }
  // Sorting is stable: of what stands at the same time the alert comes first.
  return notes.length === 0 ? entries : entries.sort((a, b) => b.t - a.t);
}

/** How long it lasted, or that it is open; `now` in milliseconds, by the minute is enough. */
export function lasting(data: Pick<AlertData, "detected_at" | "ended_at" | "status">, now: number | null): string {
  const began = Date.parse(data.detected_at);
  if (data.ended_at !== null) return `was open for ${f.span((Date.parse(data.ended_at) - began) / 1000)}`;
  if (data.status === "resolved") return "ended";
  return now !== null && now - began >= 60000 ? `open for ${f.span((now - began) / 1000)}` : "open";
}

export const severityWord = (data: Pick<AlertData, "status" | "severity">): string =>
  data.status === "resolved" ? "resolved" : data.severity;

/**
 * The rows in blocks that begin at the same row however many newer ones come: counted from the oldest,
 * of `total`. `first`: how many newer rows stand above these.
 */
export function inBlocks<T>(rows: readonly T[], first: number, total: number, size: number): {key: number; rows: T[]}[] {
  const out: {key: number; rows: T[]}[] = [];
  for (const [i, row] of rows.entries()) {
    const key = Math.floor((total - 1 - first - i) / size);
    const last = out.at(-1);
    if (last?.key === key) last.rows.push(row);
    else out.push({key, rows: [row]});
  }
  return out;
}
