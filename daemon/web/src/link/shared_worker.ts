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

(globalThis as unknown as SharedScope).onconnect = (event) => {
  const port = event.ports[0];
  if (!port) return;
  port.onmessage = ({data}: MessageEvent<Hello | Goodbye>) => {
    if (data.kind === "goodbye") {
      ports.delete(port);
      return;
    }
    ports.add(port);
    source ??= new StreamSource(data.stream, tellAll);
    for (const message of source.greeting()) port.postMessage(message);
  };
};
