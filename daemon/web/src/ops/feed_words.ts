// What a feed's row says about its health. Pure.
import type {Polled} from "../link/poll";
import type {FeedStatus, State} from "../model/api";
import {milliseconds} from "../model/format";
import {quietAfterS} from "./limits";

export type FeedHealth = "up" | "quiet" | "silent" | "closed" | "down";

export interface Feed {
  row: FeedStatus;
  health: FeedHealth;
  ageS: number | null; // since the last message
  boundS: number | null; // its own bound of silence
  perSecond: number | null; // messages
}

/** Of the daemon's clock: an older daemon tells a time only, which in a demo is the market's. */
export function ageOf(row: FeedStatus, live: State | null): number | null {
  if (row.age_s !== undefined) return row.age_s;
  const now = milliseconds(live?.now), last = milliseconds(row.last_message);
  return now === null || last === null ? null : Math.max(0, (now - last) / 1000);
}

/** Per second of real time; null before two answers, and when the counter began anew in between. */
export function rateOf(now: number, at: number, before: number | undefined, beforeAt: number): number | null {
  if (before === undefined || at <= beforeAt || now < before) return null;
  return ((now - before) * 1000) / (at - beforeAt);
}

function healthOf(row: FeedStatus, ageS: number | null, boundS: number | null): FeedHealth {
  if (row.state !== "up") return "down";
  if (row.market_open === false) return "closed";
  // What never spoke is as silent as what has fallen silent.
  if (ageS === null || (boundS !== null && ageS > boundS)) return "silent";
  return boundS === null && ageS > quietAfterS ? "quiet" : "up";
}

export function feedsOf(polled: Polled<FeedStatus[]>, live: State | null): Feed[] {
  const {data, at, before} = polled;
  if (!Array.isArray(data) || at === null) return [];
  return data.map((row) => {
    const ageS = ageOf(row, live);
    const boundS = row.silence_after_s ?? null;
    const was = before?.data.find((it) => it.name === row.name);
    return {row, ageS, boundS, health: healthOf(row, ageS, boundS), perSecond: before ? rateOf(row.messages, at, was?.messages, before.at) : null};
  });
}

export const healthWord: Record<FeedHealth, string> = {up: "connected", quiet: "quiet", silent: "silent", closed: "market closed", down: "down"};
