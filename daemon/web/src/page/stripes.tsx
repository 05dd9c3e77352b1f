// Stripes above everything: what is shown is not the live market, no data come, alerts are not sent.
import {useEffect, useState} from "preact/hooks";

import * as f from "../model/format";
import {fetchData} from "../link/fetch";
import type {SinkStatus} from "../model/api";
import {useStore} from "../model/store";

const stallAfterS = 3; // the daemon speaks every second
const clockOffByS = 5;
const deliveryEveryMs = 10000;

/** Draws anew every second: ages grow without any message. */
function useSeconds(): void {
  const [, draw] = useState(0);
  useEffect(() => {
    const timer = setInterval(() => draw((n) => n + 1), 1000);
    return () => clearInterval(timer);
  }, []);
}

function Notice() {
  const {live} = useStore("mode", "notice");
  if (!live || (live.mode === "live" && !live.notice)) return null;
  return (
    <div class="stripe stripe-notice" role="note">
      <strong>{live.mode.toUpperCase()}</strong>
      <span>{live.notice || "This is not the live market."}</span>
    </div>
  );
}

function Connection() {
  const {link, live} = useStore("link");
  useSeconds();
  const silent = link.lastMessage === null ? null : (Date.now() - link.lastMessage) / 1000;
  const trouble = !link.connected
    ? silent === null ? "Connecting …" : `Disconnected, last data ${f.span(silent)} ago. Trying again …`
    : silent !== null && silent >= stallAfterS ? `Connected, but nothing new for ${f.span(silent)}.` : "";
  const isStale = live !== null && trouble !== "" && silent !== null && silent > stallAfterS;
  useEffect(() => void document.body.classList.toggle("stale", isStale), [isStale]);
  return <div class="stripe stripe-bad" role="status" hidden={trouble === ""} id="connection">{trouble}</div>;
}

/** The daemon's clock against ours: one of the two is wrong, and times on this page are the daemon's. */
function ClockOff() {
  const {live, link} = useStore("wall");
  if (!live?.wall || !link.connected) return null;
  const off = (Date.parse(live.wall) - (link.lastMessage ?? Date.now())) / 1000;
  if (Math.abs(off) < clockOffByS) return null;
  return (
    <div class="stripe stripe-warn" role="status">
      {`The daemon's clock is ${f.span(Math.abs(off))} ${off > 0 ? "ahead of" : "behind"} this computer's: one of them is wrong.`}
    </div>
  );
}

/** Who is not told of alerts, and why. */
function Delivery() {
  const [rows, setRows] = useState<SinkStatus[]>([]);
  useEffect(() => {
    const ask = async () => {
      const answer = await fetchData<SinkStatus[]>("api/v1/status/sinks");
      if (Array.isArray(answer)) setRows(answer);
    };
    void ask();
    const timer = setInterval(() => void ask(), deliveryEveryMs);
    return () => clearInterval(timer);
  }, []);
  const troubles = rows.flatMap((row) => {
    if (row.warning) return [row.warning];
    return row.state === "broken" ? [`${row.name} is broken (${row.reason || "reason unknown"}), ${row.pending ?? 0} wait`] : [];
  });
  if (troubles.length === 0) return null;
  return <div class="stripe stripe-warn" role="status" id="delivery">{`Delivery: ${troubles.join("; ")}.`}</div>;
}

export function Stripes() {
  return (
    <>
      <Notice />
      <Connection />
      <ClockOff />
      <Delivery />
    </>
  );
}
