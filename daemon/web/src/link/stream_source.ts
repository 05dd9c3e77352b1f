// The one event stream: connects, comes back by itself, and holds the state for who joins later.
// Runs in the shared worker, or in the tab that leads where there is none.
import {applyDelta} from "../model/delta";
import type {AlertDocument, Delta, State} from "../model/api";
import {EventIds} from "./event_ids";
import type {LinkMessage, LinkStatus, Listener, Sharing} from "./messages";

const reopenAfterMs = 2000;
// A laptop that slept leaves a connection behind that is open and dead.
const deafAfterMs = 12000;
// So long may an attempt to connect take: something between may accept and never answer.
const hangsAfterMs = 20000;
const watchEveryMs = 1000;

export class StreamSource {
  private state: State | null = null;
  private readonly status: LinkStatus;
  private readonly ids = new EventIds();
  private source: EventSource | null = null;
  private opened = 0;
  private heardAt = 0; // when the last message came
  private quietSince = 0; // the same, or when a connection came about or was last tried
  private beats = false; // the daemon speaks every second
  private reopen: ReturnType<typeof setTimeout> | undefined;
  private readonly watch: ReturnType<typeof setInterval>;

  constructor(private readonly address: string, sharing: Sharing, private readonly tell: Listener) {
    this.status = {connected: false, reconnects: 0, gaps: 0, ignored: 0, sharing};
    this.open();
    this.watch = setInterval(() => this.look(), watchEveryMs);
  }

  /** What a new listener has to hear first. */
  greeting(): LinkMessage[] {
    const messages: LinkMessage[] = [{kind: "status", status: {...this.status}}];
    if (this.state) messages.push({kind: "snapshot", state: this.state, at: this.heardAt});
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
    this.heardAt = this.quietSince = Date.now();
    const missed = this.ids.take(event.lastEventId, anew);
    if (missed > 0) this.tellStatus({ignored: this.status.ignored + missed});
  }

  private open(): void {
    clearTimeout(this.reopen);
    this.source?.close();
    const source = new EventSource(this.address);
    this.source = source;
    this.quietSince = Date.now();
    const on = (kind: string, take: (event: MessageEvent<string>) => void) =>
      source.addEventListener(kind, (event) => take(event as MessageEvent<string>));

    source.addEventListener("open", () => {
      this.quietSince = Date.now();
      this.opened += 1;
      this.tellStatus({connected: true, reconnects: this.opened - 1});
    });
    source.addEventListener("error", () => {
      this.quietSince = Date.now();
      this.tellStatus({connected: false});
      // The browser tries again after a lost connection, but not after an answer it dislikes.
      if (source.readyState === EventSource.CLOSED) this.openLater();
    });
    on("snapshot", (event) => {
      this.heard(event, true);
      const state = parsed<State>(event.data);
      if (!state) return this.beginAnew();
      this.beats = typeof state.wall === "string";
      this.state = state;
      this.tell({kind: "snapshot", state, at: this.heardAt});
    });
    on("delta", (event) => {
      this.heard(event, false);
      const delta = parsed<Delta>(event.data);
      if (!delta) return this.beginAnew();
      if (!this.state) return;
      this.state = applyDelta(this.state, delta);
      this.tell({kind: "delta", delta, at: this.heardAt});
    });
    on("alert", (event) => {
      this.heard(event, false);
      const document = parsed<AlertDocument>(event.data);
      if (!document) return this.beginAnew();
      this.tell({kind: "alert", document, at: this.heardAt});
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

  /** After a message that cannot be read the state may be wrong: a new connection begins with a whole one. */
  private beginAnew(): void {
    this.source?.close();
    this.tellStatus({connected: false, ignored: this.status.ignored + 1});
    this.openLater();
  }

  private openLater(): void {
    clearTimeout(this.reopen);
    this.reopen = setTimeout(() => this.open(), reopenAfterMs);
  }

  private look(): void {
    const quiet = Date.now() - this.quietSince;
    if (this.status.connected && this.beats && quiet >= deafAfterMs) {
      this.tellStatus({connected: false});
      this.open();
    } else if (!this.status.connected && this.source?.readyState === EventSource.CONNECTING && quiet >= hangsAfterMs) {
      this.open();
    }
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
