// Times and sizes as ops reads them. Pure.
import {none, span, type Maybe} from "../model/format";

const digits = (value: number): string => (value < 9.95 ? value.toFixed(1) : Math.round(value).toLocaleString("en-GB"));

/** 0.000053 → "53 µs", 0.0048 → "4.8 ms", 95 → "95 s". */
export function duration(seconds: Maybe): string {
  if (seconds === null || seconds === undefined) return none;
  if (seconds < 0.0009995) return `${digits(seconds * 1e6)}\u00a0µs`;
  if (seconds < 0.9995) return `${digits(seconds * 1e3)}\u00a0ms`;
  return seconds < 9.95 ? `${seconds.toFixed(1)}\u00a0s` : span(seconds);
}

/** An age: tenths below ten seconds, for what is fresh. */
export function age(seconds: Maybe): string {
  if (seconds === null || seconds === undefined) return none;
  return seconds < 9.95 ? `${seconds.toFixed(1)}\u00a0s` : span(seconds);
}

/** 68337664 → "65 MiB" */
export function bytes(value: Maybe): string {
  if (value === null || value === undefined) return none;
  const sizes: [number, string][] = [[2 ** 30, "GiB"], [2 ** 20, "MiB"], [2 ** 10, "KiB"]];
  const [size, word] = sizes.find(([least]) => value >= least) ?? [1, "B"];
  return `${size === 1 ? value : digits(value / size)}\u00a0${word}`;
}

export function count(value: Maybe): string {
  return value === null || value === undefined ? none : value.toLocaleString("en-GB");
}

/** "1 gap", "3 gaps" */
export const counted = (value: number, one: string, many = `${one}s`): string => `${count(value)} ${value === 1 ? one : many}`;

/** 12.34 → "12", 1.23 → "1.2", 0 → "0" */
export function rate(perSecond: Maybe): string {
  if (perSecond === null || perSecond === undefined) return none;
  return perSecond === 0 ? "0" : perSecond < 0.05 ? "< 0.1" : digits(perSecond);
}
