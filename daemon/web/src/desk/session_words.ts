// What the session chips say: which markets are open and until when, and how far the data can be
// trusted. Pure.
import type {Instrument, SessionState, State} from "../model/api";
import * as f from "../model/format";

/** The word's lamp: good, with reservations, bad, or nothing to say. */
export type Lamp = "good" | "doubt" | "bad" | "off";

export interface Chip {
  name: string;
  words: string;
  lamp: Lamp;
  more?: string; // for who wants to know exactly
}

const marketNames: Record<string, string> = {XNYS: "New York XNYS", CMES: "Chicago CMES", "24/7": "Around the clock"};

/** 7980 → "2 h 13 min": a closing bell wants its minutes. */
export function countdown(seconds: number): string {
  const minutes = Math.ceil(Math.max(0, seconds) / 60);
  if (minutes < 60) return `${minutes}\u00a0min`;
  const hours = Math.floor(minutes / 60), rest = minutes % 60;
  return hours >= 24 ? f.span(seconds) : rest === 0 ? `${hours}\u00a0h` : `${hours}\u00a0h ${rest}\u00a0min`;
}

const dayMs = 86400000;

/** "14:30 UTC (09:30 New York)", with its day where that is not within the day. */
export function clockTime(text: string | number, now: number | null): string {
  const t = typeof text === "number" ? text : Date.parse(text);
  const far = now !== null && Math.abs(t - now) > dayMs * 0.8;
  return `${far ? f.date(t) + ", " : ""}${f.time(t, "utcMinute")} UTC (${f.time(t, "nyMinute")} New York)`;
}

export function sessionChip(row: SessionState, now: number | null): Chip {
  const name = marketNames[row.calendar] ?? row.calendar;
  const left = row.until !== null && now !== null ? countdown((Date.parse(row.until) - now) / 1000) : null;
  const until = row.until !== null ? clockTime(row.until, now) : null;
  const doubt = row.holidays_known === false ? ", holidays of this year not known" : "";
  const told = (words: string, lamp: Lamp): Chip => ({
    name, words: words + doubt, lamp, more: `${row.symbols.join(", ")}${until ? ` · until ${until}` : ""}`,
  });
  switch (row.state) {
    case "always": return told("always open", "good");
    case "regular": return told(left ? `regular, closes in ${left}` : "regular session", "good");
    case "pre": return told(left ? `pre-market, opens in ${left}` : "pre-market", "doubt");
    case "post": return told(left ? `after hours, ends in ${left}` : "after hours", "doubt");
    case "closed": return told(until ? `closed until ${until}` : "closed", "off");
    case null: return told("session not known", "off");
    default: return told(row.state, "off");
  }
}

const listed = (rows: readonly Instrument[]): string =>
  rows.length <= 3 ? rows.map(({symbol}) => symbol).join(", ") : `${rows.length} symbols`;

/** Trust in `rows`, the instruments of one target or of the source group. */
export function trustChip(name: string, rows: readonly Instrument[], sessions: readonly SessionState[]): Chip {
  const closedNow = new Set(sessions.filter(({state}) => state === "closed").flatMap(({symbols}) => symbols));
  const open = rows.filter(({symbol}) => !closedNow.has(symbol));
  const closed = rows.length - open.length;
  if (rows.length === 0) return {name, words: "no instrument", lamp: "off"};
  if (open.length === 0) return {name, words: "market closed, last prices shown", lamp: "off"};
  const fresh = open.filter((row) => row.price !== null && !row.stale);
  const late = open.filter((row) => row.price === null || row.stale);
  const diverged = open.filter((row) => row.diverged.length > 0 || row.feeds_agreeing < row.feeds_fresh);
  const tainted = open.filter((row) => row.taint.length > 0);
  const compared = open.filter((row) => row.feeds_fresh > 1).length;
  const only = rows.length === 1 ? rows[0] : undefined;
  const venues = fresh.length === 0 ? ""
    : only ? (only.feeds_fresh > 1 ? `${only.feeds_agreeing} of ${only.feeds_fresh} feeds agree` : "one feed, none to compare with")
    : diverged.length > 0 ? `venues disagree on ${listed(diverged)}`
    : compared > 0 ? (compared === open.length ? "venues agree" : `venues agree where there are two (${compared})`)
    : "one venue each, none to compare with";
  const words = [
    only ? (fresh.length === 1 ? "fresh" : only.price === null ? "no price yet" : "stale")
      : `${fresh.length} of ${open.length} fresh${late.length > 0 && fresh.length > 0 ? ` (not ${listed(late)})` : ""}`,
    venues,
    tainted.length > 0 ? `in doubt: ${listed(tainted)}` : "",
    closed > 0 ? `${closed} closed` : "",
  ].filter(Boolean).join(" · ");
  const lamp: Lamp = fresh.length === 0 ? "bad" : late.length + diverged.length + tainted.length > 0 ? "doubt" : "good";
  return {name, words, lamp};
}

/** The source group and each target. */
export function trustChips(state: State): Chip[] {
  const sessions = state.sessions ?? [];
  const sources = state.instruments.filter(({role}) => role === "source");
  const chips = sources.length > 0 ? [trustChip(state.source_group ?? "Sources", sources, sessions)] : [];
  for (const {symbol} of state.targets)
    chips.push(trustChip(symbol, state.instruments.filter((row) => row.symbol === symbol), sessions));
  return chips;
}
