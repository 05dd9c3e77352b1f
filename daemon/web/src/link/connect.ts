// Connects a tab with the event stream. All tabs share one connection: through a SharedWorker where
// there are any, else through a channel on which one tab leads. Where a browser has neither, each
// tab has a connection of its own.
import {canLead, overChannel} from "./channel";
import type {Goodbye, Hello, LinkMessage, Listener} from "./messages";
import {StreamSource} from "./stream_source";

function withoutWorker(address: string, listen: Listener): void {
  if (canLead()) overChannel(address, listen);
  else new StreamSource(address, "none", listen);
}

function overWorker(address: string, listen: Listener): void {
  const worker = new SharedWorker(new URL("./shared_worker.ts", import.meta.url), {type: "module", name: "contagiond-stream"});
  const hello: Hello = {kind: "hello", stream: address};
  const goodbye: Goodbye = {kind: "goodbye"};
  let hasSpoken = false;
  let isRefused = false;
  worker.port.onmessage = ({data}: MessageEvent<LinkMessage>) => {
    hasSpoken = true;
    if (!isRefused) listen(data);
  };
  // Its script did not load, or the browser forbids it here.
  worker.onerror = () => {
    if (hasSpoken || isRefused) return;
    isRefused = true;
    withoutWorker(address, listen);
  };
  worker.port.postMessage(hello);
  window.addEventListener("pagehide", () => worker.port.postMessage(goodbye));
  // Back from the browser's cache of left pages.
  window.addEventListener("pageshow", (event) => {
    if (event.persisted) worker.port.postMessage(hello);
  });
}

/** `stream`: address of the event stream, relative to the page. Never throws. */
export function connect(stream: string, listen: Listener): void {
  const address = new URL(stream, document.baseURI).href;
  if ("SharedWorker" in window) {
    try {
      overWorker(address, listen);
      return;
    } catch {
      // Some browsers have it and forbid it, in a private window for one.
    }
  }
  withoutWorker(address, listen);
}
