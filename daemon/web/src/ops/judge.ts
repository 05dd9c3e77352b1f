// The sentence above the ops view: all is well, or what is wrong, worst first. Pure.
import type {Polled} from "../link/poll";
import type {EngineStatus, FeedStatus, SinkStatus, State} from "../model/api";
import * as f from "../model/format";
import type {Freshness} from "../model/freshness";
import {reasonOf, wait, webhooks, type Webhook} from "./delivery_words";
import {feedsOf, type Feed, type FeedHealth} from "./feed_words";
import {descriptorsNearlyGone, engineStandsAfterS, ringNearlyFull} from "./limits";
import * as u from "./units";

export type Tone = "good" | "note" | "warn" | "bad";

export interface Finding {
  tone: Exclude<Tone, "good">;
  text: string; // a sentence
}

export interface Judgement {
  tone: Tone;
  sentence: string;
  more: Finding[]; // what else, worst first
}

export interface Known {
  live: State | null;
  feeds: Polled<FeedStatus[]>;
  sinks: Polled<SinkStatus[]>;
  engine: Polled<EngineStatus>;
  fresh: Freshness; // of this page's own stream
  now: number; // this computer's clock, milliseconds
  wall: number; // the daemon's
}

const bad = (text: string): Finding => ({tone: "bad", text});
const warn = (text: string): Finding => ({tone: "warn", text});
const note = (text: string): Finding => ({tone: "note", text});
const names = (feeds: Feed[]): string => feeds.map(({row}) => row.name).join(", ");

function answers({feeds, sinks, engine, fresh, now}: Known): Finding[] {
  const stream = fresh.kind === "stalled" || fresh.kind === "disconnected"
    ? [bad(`This page has heard nothing of the daemon for ${f.span(fresh.silentS)}: it is not known how it fares now.`)] : [];
  const failed = [feeds, sinks, engine].filter((it) => it.failed !== null);
  if (failed.length === 0) return stream;
  const oldest = Math.min(...failed.map((it) => it.at ?? Infinity));
  const why = failed[0]?.failed ?? "does not answer";
  const age = Number.isFinite(oldest) ? `: some figures are ${f.span((now - oldest) / 1000)} old` : ": nothing is known";
  return [...stream, bad(`The daemon ${why}${age}.`)];
}

function ofEngine(engine: EngineStatus | null): Finding[] {
  if (!engine) return [];
  const found: Finding[] = [];
  if (engine.loop_age_s === null) found.push(bad("The engine has not run yet."));
  else if (engine.loop_age_s >= engineStandsAfterS) found.push(bad(`The engine stands still for ${f.span(engine.loop_age_s)}: nothing is judged.`));
  for (const ring of engine.rings)
    if (ring.slots > 0 && ring.used / ring.slots >= ringNearlyFull) found.push(bad(`The ring ${ring.name} is ${f.share(ring.used / ring.slots)} full.`));
  const {open_fds, max_fds} = engine.process;
  if (open_fds !== null && max_fds !== null && open_fds >= max_fds * descriptorsNearlyGone)
    found.push(warn(`${u.count(open_fds)} of ${u.count(max_fds)} file descriptors are in use.`));
  return found;
}

function ofFeeds(feeds: Feed[], mode: string): Finding[] {
  const found: Finding[] = [];
  // A replay has its ticks from a recording.
  if (feeds.length === 0 && mode === "live") found.push(bad("No feed is configured: nothing is watched."));
  const down = feeds.filter(({health}) => health === "down"), silent = feeds.filter(({health}) => health === "silent");
  if (down.length > 1 && down.length === feeds.length) found.push(bad(`All ${feeds.length} feeds are down.`));
  else for (const {row} of down) found.push(bad(`${row.name} is down.`));
  for (const {row, ageS, boundS} of silent)
    found.push(bad(ageS === null ? `${row.name} is connected and has not said anything yet.`
      : `${row.name} is silent for ${f.span(ageS)}, beyond its bound of ${f.span(boundS)}.`));
  for (const {row} of feeds.filter((it) => it.row.refused > 0)) found.push(warn(`${row.name} refuses ${u.counted(row.refused, "symbol")}.`));
  return found;
}

function ofDelivery(rows: SinkStatus[], hooks: Webhook[], mode: string): Finding[] {
  const found: Finding[] = [];
  for (const {row, pending} of hooks.filter(({state}) => state === "broken"))
    found.push(bad(`${row.name} is broken (${reasonOf(row) || "reason unknown"}): ${wait(pending)}, nothing more is sent there.`));
  for (const {warning} of rows) if (warning && hooks.length > 0) found.push(bad(`${warning.charAt(0).toUpperCase()}${warning.slice(1)}.`));
  for (const {row, pending, waitsS} of hooks.filter(({state}) => state === "late"))
    found.push(bad(`${u.counted(pending, "alert waits", "alerts wait")} for ${row.name}, the oldest for ${f.span(waitsS)}.`));
  for (const {row, pending} of hooks.filter(({state}) => state === "unproven"))
    found.push(warn(`${row.name} was tried and has not accepted an alert yet: ${wait(pending)}.`));
  for (const {row, pending, throttledS} of hooks.filter(({state}) => state === "throttled"))
    found.push(warn(`${row.name} is throttled${throttledS === null ? "" : ` for ${f.span(throttledS)} more`}: ${wait(pending)}.`));
  for (const {row} of hooks.filter((it) => (it.row.dead ?? 0) > 0))
    found.push(warn(`${u.counted(row.dead ?? 0, "alert")} to ${row.name} ${row.dead === 1 ? "was" : "were"} given up.`));
  // In a demo and a replay that is as it should be.
  if (hooks.length === 0) found.push((mode === "live" ? bad : note)("Nobody is notified: no webhook is configured."));
  return found;
}

/** Counters since the daemon was started: a loss of then is still told. */
function losses(feeds: Feed[], rows: SinkStatus[], engine: EngineStatus | null): Finding[] {
  const found: Finding[] = [];
  for (const ring of engine?.rings ?? [])
    if (ring.dropped > 0) found.push(warn(`${u.counted(ring.dropped, "tick")} lost before the engine since the start: the ring ${ring.name} was full.`));
  const lanes = rows.filter((row) => (row.dropped ?? 0) > 0);
  if (lanes.length > 0) found.push(warn(`Events dropped since the start: ${lanes.map((row) => `${u.count(row.dropped)} for ${row.name}`).join(", ")}.`));
  const gaps = feeds.filter(({row}) => row.sequence_gaps > 0), errors = feeds.filter(({row}) => row.parse_errors > 0);
  if (gaps.length > 0) found.push(warn(`Gaps since the start: ${gaps.map(({row}) => `${u.count(row.sequence_gaps)} at ${row.name}`).join(", ")}.`));
  if (errors.length > 0) found.push(warn(`Messages that could not be read: ${errors.map(({row}) => `${u.count(row.parse_errors)} of ${row.name}`).join(", ")}.`));
  return found;
}

function ofConfiguration(engine: EngineStatus | null): Finding[] {
  if (!engine) return [];
  const found: Finding[] = [];
  if (engine.config.last_reload_ok === false) found.push(warn("The last reload failed: the configuration from before is in force."));
  if (engine.config.warnings.length > 0) found.push(note(`The configuration has ${u.counted(engine.config.warnings.length, "warning")}.`));
  if (engine.clock.steps > 0) found.push(note(`The daemon's clock was set ${engine.clock.steps === 1 ? "once" : `${u.count(engine.clock.steps)} times`}.`));
  if (engine.clock.skewed_ticks > 0) found.push(note(`${u.counted(engine.clock.skewed_ticks, "stamp")} of venues ${engine.clock.skewed_ticks === 1 ? "was" : "were"} ahead of our clock.`));
  return found;
}

function goodNews(feeds: Feed[], hooks: Webhook[], lostNothing: boolean, knowsEngine: boolean): string {
  const of = (health: FeedHealth) => feeds.filter((it) => it.health === health);
  const closed = of("closed"), quiet = of("quiet"), speaking = feeds.length - closed.length - quiet.length;
  const others = [
    ...(closed.length > 0 ? [`the ${closed.length === 1 ? "market" : "markets"} of ${names(closed)} ${closed.length === 1 ? "is" : "are"} closed`] : []),
    ...quiet.map(({row, ageS}) => `${row.name} is quiet for ${f.span(ageS)} (it has no bound)`),
  ];
  const speak = feeds.length === 0 ? "No feed is configured"
    : speaking === 0 ? `No feed speaks: ${others.join(", ")}`
    : others.length > 0 ? `${speaking} of ${u.counted(feeds.length, "feed")} ${speaking === 1 ? "speaks" : "speak"}, ${others.join(", ")}`
    : feeds.length === 1 ? `${names(feeds)} speaks` : `All ${feeds.length} feeds speak`;
  const accepted = hooks.reduce((sum, {row}) => sum + (row.accepted ?? 0), 0);
  const waiting = hooks.reduce((sum, {pending}) => sum + pending, 0);
  const sent = hooks.length === 0 ? "" : waiting > 0 ? `, ${waiting === 1 ? "1 alert is" : `${waiting} alerts are`} on the way`
    : accepted > 0 ? ", alerts are delivered" : ", no alert had to be sent yet";
  const lost = !lostNothing ? "" : knowsEngine ? ", nothing was lost" : ", no loss is known (this daemon does not tell of its engine)";
  return `${speak}${sent}${lost}.`;
}

const weight: Record<Finding["tone"], number> = {bad: 0, warn: 1, note: 2};

export function judge(known: Known): Judgement {
  const {live, engine} = known;
  const feeds = feedsOf(known.feeds, live);
  const mode = live?.mode ?? "live";
  // An answer that is no list tells nothing, neither good nor bad.
  const knowsFeeds = Array.isArray(known.feeds.data), knowsSinks = Array.isArray(known.sinks.data);
  const rows = knowsSinks && known.sinks.data ? known.sinks.data : [];
  const hooks = webhooks(rows, known.wall);
  const isKnown = knowsFeeds && knowsSinks && engine.asked;
  const lost = losses(feeds, rows, engine.data);
  const found = [
    ...answers(known), ...ofEngine(engine.data), ...(knowsFeeds ? ofFeeds(feeds, mode) : []), ...(knowsSinks ? ofDelivery(rows, hooks, mode) : []),
    ...lost, ...ofConfiguration(engine.data),
  ].map((finding, place) => ({finding, place}))
    .sort((a, b) => weight[a.finding.tone] - weight[b.finding.tone] || a.place - b.place).map(({finding}) => finding);
  const first = found[0];
  if (first && first.tone !== "note") return {tone: first.tone, sentence: first.text, more: found.slice(1)};
  if (!isKnown) return {tone: "note", sentence: "Asking the daemon …", more: found};
  const hasLost = lost.length > 0 || hooks.some(({row}) => (row.dead ?? 0) > 0);
  return {tone: engine.data !== null ? "good" : "note", sentence: goodNews(feeds, hooks, !hasLost, engine.data !== null), more: found};
}
