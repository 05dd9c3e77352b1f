// Which stretch of time an alert is shown with, and how fast it is played. Pure: milliseconds in and out.
import type {AlertData} from "../model/api";

const minute = 60000;
const beforeOnset = 6 * minute;
const afterDetection = 15 * minute;
const longest = 120 * minute;
/** Of a slide that began long before it was told, so much is shown before the detection. */
const leadAtMost = 90 * minute;

export interface Stretch {
  from: number;
  to: number;
  detected: number;
}

/** From before the onset to the end, or a while past the detection of what is open; never later than `now`. */
export function stretchOf(data: Pick<AlertData, "started_at" | "detected_at" | "ended_at">, now: number): Stretch {
  const detected = Date.parse(data.detected_at);
  const started = data.started_at === null ? detected : Math.min(detected, Date.parse(data.started_at));
  const from = Math.max(started - beforeOnset, detected - leadAtMost);
  const end = data.ended_at === null ? detected + afterDetection : Date.parse(data.ended_at);
  return {from, to: Math.max(from, Math.min(end, now, from + longest)), detected};
}

const playedInMs = 25000;

/** Milliseconds of real time from one bar to the next; of a long stretch more bars than are seen. */
export const barMs = (rows: number, speed: number): number => playedInMs / Math.max(1, rows) / speed;
/** The page is drawn no oftener while it plays. */
export const drawMsLeast = 50;

export const speeds: readonly number[] = [0.25, 0.5, 1, 2, 4];
