// The one event stream: connects, comes back by itself, and holds the state for who joins later.
// Runs in the shared worker, or in the tab that leads where there is none.
import {applyDelta} from "../model/delta";
import type {AlertDocument, Delta, State} from "../model/api";
import {EventIds} from "./event_ids";
import type {LinkMessage, LinkStatus, Listener} from "./messages";

const reopenAfterMs = 2000;
// A laptop that slept leaves a connection behind that is open and dead.
const deafAfterMs = 12000;
const watchEveryMs = 1000;

export class StreamSource {
  private state: State | null = null;
  private readonly status: LinkStatus = {connected: false, reconnects: 0, gaps: 0, ignored: 0};
  private readonly ids = new EventIds();
  private source: EventSource | null = null;
  private opened = 0;
  private lastHeard = 0;
  private beats = false; // the daemon speaks every second
  private reopen: ReturnType<typeof setTimeout> | undefined;
  private readonly watch: ReturnType<typeof setInterval>;

  constructor(private readonly address: string, private readonly tell: Listener) {
    this.open();
    this.watch = setInterval(() => this.look(), watchEveryMs);
  }

  /** What a new listener has to hear first. */
  greeting(): LinkMessage[] {
    const messages: LinkMessage[] = [{kind: "status", status: {...this.status}}];
    if (this.state) messages.push({kind: "snapshot", state: this.state});
    return messages;
  }

  close(): void {
    clearInterval(this.watch);
    clearTimeout(this.reopen);
    this.source?.close();
    this.source = null;
  }

  private tellStatus(change: Partial<LinkStatus>): void {
    Object.assign(this.status, change);
    this.tell({kind: "status", status: {...this.status}});
  }

  private heard(event: MessageEvent, anew: boolean): void {
    this.lastHeard = Date.now();
    const missed = this.ids.take(event.lastEventId, anew);
    if (missed > 0) this.tellStatus({ignored: this.status.ignored + missed});
  }

  private open(): void {
    clearTimeout(this.reopen);
    this.source?.close();
    const source = new EventSource(this.address);
    this.source = source;
    this.lastHeard = Date.now();
    const on = (kind: string, take: (event: MessageEvent<string>) => void) =>
      source.addEventListener(kind, (event) => take(event as MessageEvent<string>));

    source.addEventListener("open", () => {
      this.lastHeard = Date.now();
      this.opened += 1;
      this.tellStatus({connected: true, reconnects: this.opened - 1});
    });
    source.addEventListener("error", () => {
      this.tellStatus({connected: false});
      // The browser tries again after a lost connection, but not after an answer it dislikes.
      if (source.readyState === EventSource.CLOSED) this.openLater();
    });
    on("snapshot", (event) => {
      this.heard(event, true);
      const state = parsed<State>(event.data);
      if (!state) return;
      this.state = state;
      this.tell({kind: "snapshot", state});
    });
    on("delta", (event) => {
      this.heard(event, false);
      const delta = parsed<Delta>(event.data);
      if (!delta || !this.state) return;
      if ("wall" in delta) this.beats = true;
      this.state = applyDelta(this.state, delta);
      this.tell({kind: "delta", delta});
    });
    on("alert", (event) => {
      this.heard(event, false);
      const document = parsed<AlertDocument>(event.data);
      if (document) this.tell({kind: "alert", document});
    });
    // A new snapshot follows.
    on("gap", (event) => {
      this.heard(event, true);
      this.tellStatus({gaps: this.status.gaps + 1});
    });
    // Events without a name are of no kind that is known here.
    on("message", (event) => {
      this.heard(event, false);
      this.tellStatus({ignored: this.status.ignored + 1});
    });
  }

  private openLater(): void {
    clearTimeout(this.reopen);
    this.reopen = setTimeout(() => this.open(), reopenAfterMs);
  }

  private look(): void {
    if (!this.beats || !this.status.connected || Date.now() - this.lastHeard < deafAfterMs) return;
    this.tellStatus({connected: false});
    this.open();
  }
}

function parsed<T>(text: string): T | null {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? (value as T) : null;
  } catch {
    return null;
  }
}
