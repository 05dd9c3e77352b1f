// What the rows of /api/v1/status/sinks mean, in words. Pure.
import type {SinkStatus} from "../model/api";
import * as f from "../model/format";
import {lateAfterS} from "./limits";

/** A webhook's row; the other rows are lanes inside the daemon. */
export const isWebhook = (row: SinkStatus): boolean => typeof row.state === "string";

/** `unproven`: it was tried and has not accepted anything yet. */
export type WebhookState = "working" | "unproven" | "throttled" | "late" | "broken";

export interface Webhook {
  row: SinkStatus;
  state: WebhookState;
  pending: number;
  waitsS: number | null; // the oldest that waits
  throttledS: number | null; // until it may be tried again
}

/** `wall`: the daemon's clock in milliseconds; its own times are measured against it. */
export function webhooks(rows: readonly SinkStatus[], wall: number): Webhook[] {
  return rows.filter(isWebhook).map((row) => {
    const pending = row.pending ?? 0;
    const oldest = f.milliseconds(row.oldest);
    const until = f.milliseconds(row.throttled_until);
    const waitsS = oldest === null || pending === 0 ? null : Math.max(0, (wall - oldest) / 1000);
    const throttledS = until === null || until <= wall ? null : (until - wall) / 1000;
    const state = row.state === "broken" ? "broken"
      : row.state === "throttled" || throttledS !== null ? "throttled"
      : waitsS !== null && waitsS > lateAfterS ? "late"
      : pending > 0 && row.accepted === 0 && (row.attempts ?? 0) > 0 ? "unproven" : "working";
    return {row, state, pending, waitsS, throttledS};
  });
}

/** Why it does not work, or what its last attempt came to. */
export const reasonOf = (row: SinkStatus): string => row.reason || row.last_error || "";

export const wait = (pending: number): string => (pending === 1 ? "1 waits" : `${pending} wait`);

/** Who is not told of alerts, and why: a clause each. */
export function undelivered(rows: readonly SinkStatus[]): string[] {
  return rows.flatMap((row) => {
    if (row.warning) return [row.warning];
    return row.state === "broken" ? [`${row.name} is broken (${reasonOf(row) || "reason unknown"}), ${wait(row.pending ?? 0)}`] : [];
  });
}
