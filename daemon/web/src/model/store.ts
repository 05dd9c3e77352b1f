// The store: what the page knows, and who wants to hear of which part. Panels read `shown`, which is
// the live state, or that of a moment one has gone back to: they need not know which.
import {useEffect, useState} from "preact/hooks";

import {fetchData} from "../link/fetch";
import type {LinkMessage, LinkStatus} from "../link/messages";
import type {AlertDocument, History, State} from "./api";
import {ClockOffset} from "./clock_offset";
import {applyDelta} from "./delta";
import {milliseconds} from "./format";
import {Past} from "./past";
import type {TimeRange} from "./time_range";

/** A list of the state, or one of the page's own parts. */
export type Part = keyof State | "alerts" | "past" | "link" | "moment" | "selection" | "problem" | "sound" | "view" | "minute";

/** A stretch of the past that is shown instead of now. */
export interface ShownMoment {
  alertId: string;
  past: Past;
  state: State; // as it was at the cursor; what was not kept is unknown
  cursor: number; // milliseconds
  from: number;
  to: number;
  detected: number;
  playing: boolean;
  speed: number; // 1: the whole stretch in about 25 s
}

/** How the charts are looked at. */
export interface View {
  range: TimeRange;
  sinceOnset: boolean; // changes since the onset of an alert, not since the first price
  target: string | null; // whose correlation is charted; null: the first
}

/** As the sound of a critical alert stands: "blocked" is on, but the browser waits for a click. */
export type SoundState = "off" | "on" | "blocked";

const recentMs = 2 * 3600 * 1000;
/** As many as the daemon keeps, and as one of its answers holds. */
export const alertsShown = 1000;

export class Store {
  live: State | null = null;
  past: Past | null = null; // of the live state
  readonly link: LinkStatus & {lastMessage: number | null} =
    {connected: false, reconnects: 0, gaps: 0, ignored: 0, sharing: "none", lastMessage: null};
  /** The daemon's clock less this computer's, in milliseconds; null before it is known. */
  readonly clock = new ClockOffset();
  moment: ShownMoment | null = null;
  /** Why the moment that was asked for cannot be shown. */
  momentMissing: string | null = null;
  /** Why the daemon did not do what was asked of it; people read it beside the alerts. */
  problem: string | null = null;
  sound: SoundState = "off";
  /** Chosen by people: index into windows_s, the alert that the keys stand on. */
  window = 0;
  selected: string | null = null;
  view: View = {range: 2 * 3600 * 1000, sinceOnset: false, target: null};
  private rangeBefore: TimeRange = this.view.range; // where leaving a chosen stretch leads

  private readonly documents = new Map<string, AlertDocument>();
  private ordered: AlertDocument[] | null = null;
  private readonly listeners = new Map<Part, Set<() => void>>();
  private readonly dirty = new Set<Part>();
  private readonly immediate = new Set<(message: LinkMessage) => void>();
  private loading: symbol | null = null;

  get shown(): State | null {
    return this.moment?.state ?? this.live;
  }
  get shownPast(): Past | null {
    return this.moment?.past ?? this.past;
  }

  /** The latest revision of each episode, the one detected last first. */
  get alerts(): AlertDocument[] {
    if (!this.ordered) {
      // Read once each: a thousand dates are not read anew for every comparison.
      const dated = [...this.documents.values()].map((document) => ({t: Date.parse(document.data.detected_at), document}));
      this.ordered = dated.sort((a, b) => b.t - a.t).map(({document}) => document);
    }
    return this.ordered;
  }
  alert(id: string): AlertDocument | undefined {
    return this.documents.get(id);
  }

  // ---- news ----

  take(message: LinkMessage): void {
    if (message.kind === "status") {
      Object.assign(this.link, message.status);
      this.touch("link");
    } else {
      this.link.lastMessage = message.at;
      if (message.kind === "snapshot") this.takeSnapshot(message.state, message.at);
      else if (message.kind === "alert") this.takeAlerts([message.document]);
      else if (this.live) {
        const before = this.live.now;
        this.live = applyDelta(this.live, message.delta);
        this.clock.take(milliseconds(this.live.wall), message.at);
        const names = Object.keys(message.delta) as Part[];
        if (this.live.now?.slice(0, 16) !== before?.slice(0, 16)) names.push("minute");
        // While the past is fetched, new rows wait: the answer holds them.
        if (this.past && !this.loading && this.past.take(this.live)) names.push("past");
        this.touch(...(this.moment ? names.filter((name) => !momentHides.has(name)) : names));
      }
    }
    for (const listen of this.immediate) listen(message);
  }

  private takeSnapshot(state: State, at: number): void {
    this.live = state;
    this.clock.begin(milliseconds(state.wall), at);
    this.window = Math.min(this.window, state.windows_s.length - 1);
    this.touch(...(Object.keys(state) as Part[]));
    void this.loadPast(state);
  }

  /** After every snapshot, for it may follow a gap: history and alerts fill what was missed. */
  private async loadPast(state: State): Promise<void> {
    const mine = (this.loading = Symbol("load"));
    // A day comes in wide steps; the last hours, asked for by themselves, bar by bar.
    const recent = new Date((milliseconds(state.now) ?? Date.now()) - recentMs).toISOString();
    const [earlier, later, alerts] = await Promise.all([
      fetchData<History>(`api/v1/history?to=${recent}`), fetchData<History>(`api/v1/history?from=${recent}`),
      fetchData<AlertDocument[]>(`api/v1/alerts?limit=${alertsShown}`),
    ]);
    if (this.loading !== mine) return;
    this.loading = null;
    this.past = new Past(state, earlier);
    this.past.append(new Past(state, later));
    if (this.live) this.past.take(this.live);
    this.takeAlerts(alerts ?? []);
    this.touch("past");
  }

  private takeAlerts(documents: AlertDocument[]): void {
    for (const document of documents) {
      const known = this.documents.get(document.data.id);
      if (!known || known.data.revision <= document.data.revision) this.documents.set(document.data.id, document);
    }
    this.ordered = null;
    if (this.documents.size > alertsShown) {
      for (const {data} of this.alerts.slice(alertsShown)) this.documents.delete(data.id);
      this.ordered = this.alerts.slice(0, alertsShown);
    }
    this.touch("alerts");
  }

  // ---- what people choose ----

  setMoment(moment: ShownMoment | null): void {
    const wasAway = this.moment !== null;
    this.moment = moment;
    this.momentMissing = null;
    if (wasAway !== (moment !== null)) this.touch("moment", ...momentHides, ...(Object.keys(this.shown ?? {}) as Part[]));
    else if (moment) this.touch("moment", "now", ...momentHides);
    else this.touch("moment");
  }
  /** Stays live, and says why. */
  missMoment(why: string): void {
    this.setMoment(null);
    this.momentMissing = why;
  }
  tellProblem(sentence: string | null): void {
    this.problem = sentence;
    this.touch("problem");
  }
  setSound(state: SoundState): void {
    this.sound = state;
    this.touch("sound");
  }
  setWindow(index: number): void {
    if (!this.live || index < 0 || index >= this.live.windows_s.length) return;
    this.window = index;
    this.touch("selection");
  }
  select(id: string | null): void {
    this.selected = id;
    this.touch("selection");
  }

  setView(change: Partial<View>): void {
    this.view = {...this.view, ...change};
    if (typeof this.view.range !== "object") this.rangeBefore = this.view.range;
    this.touch("view");
  }
  /** Back from a stretch that was chosen by dragging. */
  leaveStretch(): void {
    this.setView({range: this.rangeBefore});
  }

  // ---- who listens ----

  /** Called at most once a frame, and not while nobody looks. */
  subscribe(parts: readonly Part[], listener: () => void): () => void {
    for (const part of parts) {
      const set = this.listeners.get(part) ?? new Set();
      set.add(listener);
      this.listeners.set(part, set);
    }
    return () => {
      for (const part of parts) this.listeners.get(part)?.delete(listener);
    };
  }
  /** Called with every message at once, also while another tab is in front. */
  onMessage(listener: (message: LinkMessage) => void): () => void {
    this.immediate.add(listener);
    return () => void this.immediate.delete(listener);
  }

  touch(...parts: Part[]): void {
    if (this.dirty.size === 0 && parts.length > 0)
      requestAnimationFrame(() => {
        const due = new Set<() => void>();
        for (const part of this.dirty) for (const listener of this.listeners.get(part) ?? []) due.add(listener);
        this.dirty.clear();
        for (const listener of due) listener();
      });
    for (const part of parts) this.dirty.add(part);
  }
}

/** What stands still while a moment of the past is shown. */
const momentHides: ReadonlySet<Part> = new Set<Part>([
  "targets", "instruments", "groups", "correlations", "selloff", "tick_correlations", "leads", "links", "series", "impact",
  "episodes", "past",
]);

export const store = new Store();

/** The state that is shown, drawn anew when one of `parts` changes; null before the first snapshot. */
export function useShown(...parts: Part[]): State | null {
  useStore(...parts);
  return store.shown;
}

/** Draws the component anew when one of `parts` changes. The parts of a component never change. */
export function useStore(...parts: Part[]): Store {
  const [, draw] = useState(0);
  useEffect(() => store.subscribe(["schema", ...parts], () => draw((n) => n + 1)), []);
  return store;
}
