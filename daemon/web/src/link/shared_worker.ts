// Holds the one event stream for all tabs of this page. Closed with the last of them.
import type {Goodbye, Hello, LinkMessage} from "./messages";
import {StreamSource} from "./stream_source";

interface SharedScope {
  onconnect: ((event: MessageEvent) => void) | null;
}

const ports = new Set<MessagePort>();
let source: StreamSource | null = null;

const tellAll = (message: LinkMessage) => {
  for (const port of ports) port.postMessage(message);
};

function leave(port: MessagePort): void {
  ports.delete(port);
  if (ports.size > 0) return;
  // Tabs that were left may keep this worker alive: no connection is held for nobody.
  source?.close();
  source = null;
}

(globalThis as unknown as SharedScope).onconnect = (event) => {
  const port = event.ports[0];
  if (!port) return;
  // A tab that crashed says no goodbye; newer browsers tell of it.
  port.addEventListener("close", () => leave(port));
  port.onmessage = ({data}: MessageEvent<Hello | Goodbye>) => {
    if (data.kind === "goodbye") {
      leave(port);
      return;
    }
    ports.add(port);
    source ??= new StreamSource(data.stream, "worker", tellAll);
    for (const message of source.greeting()) port.postMessage(message);
  };
};
