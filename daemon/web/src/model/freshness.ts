// Whether what is shown is news. One judgement for the stripe, the tab's title and the ops view.
import type {State} from "./api";

/** The daemon speaks every second; with the time it takes to notice, a stall is shown within three. */
const silenceS = 2.4;
/** An older daemon is silent while nothing changes. */
const silenceWithoutBeatS = 15;
const silenceInBars = 3;

export type Freshness =
  | {kind: "live"}
  | {kind: "connecting"}
  | {kind: "stalled" | "disconnected"; silentS: number};

/** `now` and `link.lastMessage` in milliseconds. */
export function freshness(link: {connected: boolean; lastMessage: number | null}, live: State | null, now: number): Freshness {
  if (link.lastMessage === null || live === null) return {kind: "connecting"};
  const silentS = Math.max(0, (now - link.lastMessage) / 1000);
  if (!link.connected) return {kind: "disconnected", silentS};
  const limit = live.wall ? silenceS : Math.max(silenceWithoutBeatS, silenceInBars * live.bar_s);
  return silentS > limit ? {kind: "stalled", silentS} : {kind: "live"};
}
