// Where an axis is divided, and what stands at its ticks. Pure.
import * as f from "../model/format";

const minute = 60_000;
const hour = 60 * minute;
export const day = 24 * hour;
const timeSteps = [
  10_000, 30_000, minute, 2 * minute, 5 * minute, 10 * minute, 15 * minute, 30 * minute,
  hour, 2 * hour, 4 * hour, 6 * hour, 12 * hour, day,
];

/** The shortest step that leaves each label `room` of the `width`; in milliseconds. */
export function timeStep(span: number, width: number, room: number): number {
  return timeSteps.find((step) => (span / step) * room <= width) ?? day * Math.ceil((span / day) * room / width);
}

/** Multiples of `step` from `low` to `high`; of whole steps, so that no error of rounding adds up. */
export function ticks(low: number, high: number, step: number): number[] {
  const out: number[] = [];
  if (!(step > 0)) return out;
  const last = Math.floor(high / step + 1e-9);
  for (let i = Math.ceil(low / step - 1e-9); i <= last && out.length < 200; ++i) out.push(i * step);
  return out;
}

const days = {
  ny: new Intl.DateTimeFormat("en-GB", {timeZone: "America/New_York", day: "numeric", month: "short"}),
  utc: new Intl.DateTimeFormat("en-GB", {timeZone: "UTC", day: "numeric", month: "short"}),
};

/** "14:42", "14:42:10" when ticks are closer than a minute, and at midnight the day that begins. */
export function timeLabel(t: number, step: number, zone: "ny" | "utc"): string {
  if (step < minute) return f.time(t, zone);
  const text = f.time(t, zone === "ny" ? "nyMinute" : "utcMinute");
  return text === "00:00" ? days[zone].format(new Date(t)) : text;
}

/** A step of 1, 2 or 5 times a power of ten that divides `span` into at most `parts`. */
export function valueStep(span: number, parts: number): number {
  const rough = span / Math.max(1, parts);
  const power = 10 ** Math.floor(Math.log10(rough));
  return [1, 2, 5].map((m) => m * power).find((step) => step >= rough * (1 - 1e-9)) ?? 10 * power;
}

/** Decimals of a per cent that tell two ticks apart. */
export function percentDecimals(step: number): number {
  return Math.max(0, Math.min(4, -Math.floor(Math.log10(step * 100) + 1e-9)));
}

/**
 * The range of an axis of changes: what is seen with some air, and zero, unless zero is so far off that
 * the lines would be pressed flat.
 */
export function changeRange(low: number | null, high: number | null): [number, number] {
  if (low === null || high === null || !Number.isFinite(low) || !Number.isFinite(high)) return [-0.002, 0.002];
  const span = Math.max(high - low, 0.002);
  if (low > 0 && low <= 2 * span) low = 0;
  if (high < 0 && -high <= 2 * span) high = 0;
  const air = Math.max(0.0005, (high - low) * 0.06);
  return [low - air, high + air];
}
