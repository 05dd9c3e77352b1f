// One stream for all tabs without a shared worker: the tab that holds a lock leads, and passes on to
// the others what it hears. A tab in front that hears nothing of its leader takes over: browsers stop
// tabs in the background.
import type {LinkMessage, Listener} from "./messages";
import {StreamSource} from "./stream_source";

const pulseEveryMs = 1000;
const lostAfterMs = 10000;

/** `to`: the one tab that is greeted; everyone else knows it all. */
type ChannelMessage = {kind: "news"; message: LinkMessage; to?: string} | {kind: "hello"; from: string} | {kind: "pulse"};

/** Locks are given to pages from https or from this machine only. */
export const canLead = (): boolean => "BroadcastChannel" in window && "locks" in navigator;

/** `address` is a part of the names: two daemons may stand behind one origin. */
export function overChannel(address: string, listen: Listener): void {
  const name = `contagiond-stream ${address}`;
  const channel = new BroadcastChannel(name);
  const me = Math.random().toString(36).slice(2);
  const post = (message: ChannelMessage) => channel.postMessage(message);
  let source: StreamSource | null = null;
  let heardAt = Date.now();
  let waiting = new AbortController();

  channel.onmessage = ({data}: MessageEvent<ChannelMessage>) => {
    heardAt = Date.now();
    if (data.kind === "news") {
      if (!source && (data.to ?? me) === me) listen(data.message);
    } else if (data.kind === "hello" && source) {
      for (const message of source.greeting()) post({kind: "news", message, to: data.from});
    }
  };

  const lead = async (steal: boolean): Promise<void> => {
    let isLeader = false;
    if (steal) waiting.abort();
    waiting = new AbortController();
    try {
      // Held until this tab ends; the next in line then leads.
      await navigator.locks.request(name, steal ? {steal: true} : {signal: waiting.signal}, () => {
        isLeader = true;
        source = new StreamSource(address, "channel", (message) => {
          listen(message);
          post({kind: "news", message});
        });
        return new Promise<never>(() => undefined);
      });
    } catch {
      // Another tab took the lead while this one was stopped, or this one gave up waiting to take it.
      if (!isLeader) return;
      source?.close();
      source = null;
      heardAt = Date.now();
      void lead(false);
    }
  };

  setInterval(() => {
    if (source) post({kind: "pulse"});
    else if (document.visibilityState === "visible" && Date.now() - heardAt > lostAfterMs) {
      heardAt = Date.now();
      void lead(true);
    }
  }, pulseEveryMs);
  post({kind: "hello", from: me});
  void lead(false);
}
