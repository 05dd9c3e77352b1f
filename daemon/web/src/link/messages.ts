// What passes between whoever holds the event stream and the tabs that show it.
import type {AlertDocument, Delta, State} from "../model/api";

/** Who else is served by our connection: all tabs by a worker, all by the tab that leads, or none. */
export type Sharing = "worker" | "channel" | "none";

export interface LinkStatus {
  connected: boolean;
  reconnects: number; // connections after the first
  gaps: number; // times the daemon gave up messages for us and began again
  ignored: number; // events that this page does not know or cannot read
  sharing: Sharing;
}

/** `at`: when it came from the daemon, in milliseconds; who joins late is told old news as old. */
export type LinkMessage =
  | {kind: "snapshot"; state: State; at: number}
  | {kind: "delta"; delta: Delta; at: number}
  | {kind: "alert"; document: AlertDocument; at: number}
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
