// Where in the story of an alert a time lies, in words. Pure.
import * as f from "../model/format";

/** "3 min before the alert", "at the alert", "2 min after the alert" */
export function placeOf(t: number, detected: number): string {
  const seconds = Math.round((t - detected) / 1000);
  if (seconds === 0) return "at the alert";
  return `${exact(Math.abs(seconds))} ${seconds < 0 ? "before" : "after"} the alert`;
}

/** 72 → "1 min 12 s": a span that is counted down must not jump by minutes. */
export function exact(seconds: number): string {
  const minutes = Math.floor(seconds / 60), rest = Math.round(seconds % 60);
  if (minutes === 0) return `${rest}\u00a0s`;
  if (minutes >= 60) return f.span(seconds);
  return rest === 0 ? `${minutes}\u00a0min` : `${minutes}\u00a0min ${rest}\u00a0s`;
}
