// Stripes above everything: what is shown is not the live market, no data come, nothing is judged,
// a clock is off, alerts are not sent.
import {useEffect, useRef, useState} from "preact/hooks";

import {usePoll} from "../link/poll";
import type {EngineStatus, SinkStatus} from "../model/api";
import * as f from "../model/format";
import {freshness} from "../model/freshness";
import {useStore} from "../model/store";
import {undelivered} from "../ops/delivery_words";
import {engineStandsAfterS} from "../ops/limits";
import {useSeconds} from "./use_seconds";
import "./stripes.css";

const clockOffByS = 5;
const dimAfterS = 3;
const statusEveryMs = 10000;
/** A stall is shown within three seconds: looking every second would be late. */
const lookEveryMs = 300;

function Notice() {
  const {live} = useStore("mode", "notice");
  const [isOpen, open] = useState(false);
  if (!live || (live.mode === "live" && !live.notice)) return null;
  return (
    <div class="stripe stripe-notice" role="region" aria-label="What this page shows" id="notice" data-mode={live.mode} data-open={isOpen || undefined}>
      <strong>{live.mode.toUpperCase()}</strong>
      <span class="notice-text">{live.notice || "This is not the live market."}</span>
      {live.notice.length > 40 &&
        <button type="button" class="notice-more" aria-expanded={isOpen} onClick={() => open(!isOpen)}>{isOpen ? "less" : "more"}</button>}
    </div>
  );
}

function Connection() {
  const {link, live} = useStore("link");
  useSeconds(lookEveryMs);
  const now = freshness(link, live, Date.now());
  const trouble =
    now.kind === "disconnected" ? `Disconnected, last data ${f.span(now.silentS)} ago. Trying again …`
    : now.kind === "stalled" ? `Connected, but nothing new for ${f.span(now.silentS)}.`
    : now.kind === "connecting" && !link.connected ? "Connecting …" : "";
  const isOld = (now.kind === "disconnected" || now.kind === "stalled") && (now.kind === "stalled" || now.silentS > dimAfterS);
  useEffect(() => void document.body.classList.toggle("stale", isOld), [isOld]);
  return (
    <div class="stripe stripe-bad" id="connection" hidden={trouble === ""} data-kind={now.kind}>
      <span aria-hidden="true">{trouble}</span>
      {/* The age is not read out every second. */}
      <span class="spoken" role="status">
        {now.kind === "disconnected" ? "Disconnected. What is shown is old." : now.kind === "stalled" ? "Nothing new comes. What is shown is old." : ""}
      </span>
    </div>
  );
}

/** The daemon's clock against ours: one of the two is wrong, and times on this page are the daemon's. */
function ClockOff() {
  const {clock, link} = useStore("wall", "link");
  const off = clock.ms === null ? 0 : clock.ms / 1000;
  if (!link.connected || Math.abs(off) < clockOffByS) return null;
  return (
    <div class="stripe stripe-warn" role="status" id="clock-off" data-value={off}>
      {`The daemon's clock is ${f.span(Math.abs(off))} ${off > 0 ? "ahead of" : "behind"} this computer's: one of the two is wrong.`}
    </div>
  );
}

/** The stream may speak while nothing is judged. */
function Standstill() {
  const {data, failed} = usePoll<EngineStatus>("api/v1/status/engine", statusEveryMs);
  const age = data?.loop_age_s ?? 0;
  if (failed !== null || age < engineStandsAfterS) return null;
  return (
    <div class="stripe stripe-bad" role="status" id="standstill">{`The engine stands still for ${f.span(age)}: nothing is judged.`}</div>
  );
}

/** After the daemon was replaced by another version this page is still the one of before. */
function Replaced() {
  const {live} = useStore("version");
  const first = useRef<string | null>(null);
  first.current ??= live?.version ?? null;
  if (!live || live.version === first.current) return null;
  return (
    <div class="stripe stripe-note" role="status" id="replaced">
      {`The daemon is now version ${live.version}, this page is of ${first.current}. `}
      <button type="button" onClick={() => location.reload()}>Reload the page</button>
    </div>
  );
}

/** Who is not told of alerts, and why. */
function Delivery() {
  const {data} = usePoll<SinkStatus[]>("api/v1/status/sinks", statusEveryMs);
  const troubles = Array.isArray(data) ? undelivered(data) : [];
  if (troubles.length === 0) return null;
  return (
    <div class="stripe stripe-warn" role="status" id="delivery">
      {`Delivery: ${troubles.join("; ")}. `}<a href="#/ops">See Ops</a>
    </div>
  );
}

export function Stripes() {
  return (
    <>
      <Notice />
      <Connection />
      <Standstill />
      <ClockOff />
      <Replaced />
      <Delivery />
    </>
  );
}
