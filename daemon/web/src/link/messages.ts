// What passes between whoever holds the event stream and the tabs that show it.
import type {AlertDocument, Delta, State} from "../model/api";

export interface LinkStatus {
  connected: boolean;
  reconnects: number; // connections after the first
  gaps: number; // times the daemon gave up messages for us and began again
  ignored: number; // events of a kind that this page does not know
}

export type LinkMessage =
  | {kind: "snapshot"; state: State}
  | {kind: "delta"; delta: Delta}
  | {kind: "alert"; document: AlertDocument}
  | {kind: "status"; status: LinkStatus};

/** Which server's stream; sent by a tab to the shared worker that serves it. */
export interface Hello {
  kind: "hello";
  stream: string; // absolute address
}
export interface Goodbye {
  kind: "goodbye";
}

export type Listener = (message: LinkMessage) => void;
