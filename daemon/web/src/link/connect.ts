// Connects a tab with the event stream. All tabs share one connection: through a SharedWorker where
// there are any, else through a channel on which the tab that holds a lock leads. Where a browser
// has neither, each tab has a connection of its own.
import type {Goodbye, Hello, LinkMessage, Listener} from "./messages";
import {StreamSource} from "./stream_source";

const channelName = "contagiond-stream";

function overWorker(stream: string, listen: Listener): void {
  const worker = new SharedWorker(new URL("./shared_worker.ts", import.meta.url), {type: "module", name: channelName});
  worker.port.onmessage = ({data}: MessageEvent<LinkMessage>) => listen(data);
  worker.port.start();
  const hello: Hello = {kind: "hello", stream};
  worker.port.postMessage(hello);
  const goodbye: Goodbye = {kind: "goodbye"};
  window.addEventListener("pagehide", () => worker.port.postMessage(goodbye));
  // Back from the browser's cache of left pages.
  window.addEventListener("pageshow", (event) => {
    if (event.persisted) worker.port.postMessage(hello);
  });
}

function overChannel(stream: string, listen: Listener): void {
  const channel = new BroadcastChannel(channelName);
  let source: StreamSource | null = null;
  channel.onmessage = ({data}: MessageEvent<LinkMessage | Hello>) => {
    if (data.kind !== "hello") {
      if (!source) listen(data);
    } else if (source) {
      for (const message of source.greeting()) channel.postMessage(message);
    }
  };
  const hello: Hello = {kind: "hello", stream};
  channel.postMessage(hello);
  // Held until this tab ends; the next in line then leads.
  void navigator.locks.request(channelName, () => {
    source = new StreamSource(stream, (message) => {
      listen(message);
      channel.postMessage(message);
    });
    return new Promise(() => undefined);
  });
}

/** `stream`: address of the event stream, relative to the page. Never throws. */
export function connect(stream: string, listen: Listener): void {
  const address = new URL(stream, document.baseURI).href;
  if ("SharedWorker" in window) overWorker(address, listen);
  else if ("BroadcastChannel" in window && navigator.locks) overChannel(address, listen);
  else new StreamSource(address, listen);
}
