// Going back to the moment of the alert that the address names, and playing it bar by bar. One player
// for the page; what it shows is in the store.
import {fetchData} from "../link/fetch";
import type {AlertData, AlertDocument} from "../model/api";
import {milliseconds} from "../model/format";
import {store as pageStore, type Store} from "../model/store";
import {alertAddress, go, onRoute, route} from "../page/route";
import {fetchStretch, knownStretch, type KeptStretch} from "./load";
import {stateAt} from "./state_at";
import {barMs, drawMsLeast, stretchOf, type Stretch} from "./window";

export class Player {
  private kept: KeptStretch | null = null;
  private row = 0;
  private timer: ReturnType<typeof setInterval> | null = null;
  private asked: string | null = null; // the alert of the address

  constructor(private readonly store: Store) {}

  /** Goes to the moment of the alert, or back to live for null. */
  async follow(id: string | null): Promise<void> {
    const isShown = this.store.moment?.alertId === id || this.store.momentMissing === null;
    if (id === this.asked && isShown) return; // what could not be shown may have come since
    this.asked = id;
    this.stop();
    if (id === null) {
      if (this.store.moment || this.store.momentMissing) this.store.setMoment(null);
      return;
    }
    const data = this.store.alert(id)?.data ?? (await fetchData<AlertDocument>(`api/v1/alerts/${encodeURIComponent(id)}`))?.data;
    const live = this.store.live;
    if (this.asked !== id || !live) return;
    if (!data) return this.store.missMoment("This alert is not known here, so its minutes cannot be shown. This is live.");
    await this.goTo(data);
  }

  private async goTo(data: AlertData): Promise<void> {
    const live = this.store.live;
    if (!live) return;
    const stretch = stretchOf(data, milliseconds(live.now) ?? Date.now());
    const kept = knownStretch(live, this.store.past, stretch) ?? (await fetchStretch(live, stretch));
    if (this.asked !== data.id) return;
    if (!kept) return this.store.missMoment("Nothing is kept of the minutes around this alert: they cannot be played. This is live.");
    this.begin(data.id, kept, stretch);
  }

  private begin(id: string, kept: KeptStretch, stretch: Stretch): void {
    this.kept = kept;
    // Who wants no motion is shown the decisive minute, and moves on as he likes.
    const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
    const ts = kept.past.ts;
    this.show(still ? Math.max(0, kept.past.rowAt(stretch.detected)) : 0, {
      id, playing: false, speed: 1, from: ts[0] ?? stretch.from, to: ts[ts.length - 1] ?? stretch.to, detected: stretch.detected,
    });
    if (!still) this.play();
  }

  private show(row: number, how: {id: string; playing: boolean; speed: number; from: number; to: number; detected: number}): void {
    const {live} = this.store;
    if (!this.kept || !live) return;
    const {past, beginnings} = this.kept;
    this.row = Math.min(Math.max(0, row), past.ts.length - 1);
    this.store.setMoment({
      alertId: how.id, past, state: stateAt(live, past, this.row, this.store.alerts, beginnings), cursor: past.ts[this.row] ?? how.from,
      from: how.from, to: how.to, detected: how.detected, playing: how.playing, speed: how.speed,
    });
  }

  /** The same moment, with another row or other ways of playing. */
  private change(row: number, how: {playing?: boolean; speed?: number} = {}): void {
    const moment = this.store.moment;
    if (moment) this.show(row, {id: moment.alertId, ...moment, ...how});
  }

  play(): void {
    const {kept} = this;
    if (!kept || !this.store.moment) return;
    const last = kept.past.ts.length - 1;
    const first = this.row >= last ? 0 : this.row;
    this.change(first, {playing: last > 0});
    this.run(first);
  }

  private run(first: number): void {
    this.stop();
    const {kept} = this;
    const speed = this.store.moment?.speed ?? 1;
    if (!kept) return;
    const last = kept.past.ts.length - 1;
    const every = barMs(kept.past.ts.length, speed), began = performance.now();
    // By the clock, not by counting: a tab in the background is called less often.
    this.timer = setInterval(() => {
      const row = Math.min(last, first + Math.floor((performance.now() - began) / every));
      if (row === this.row) return;
      if (row === last) this.stop();
      this.change(row, {playing: row < last});
    }, Math.max(drawMsLeast, every / 2));
  }

  private stop(): void {
    if (this.timer !== null) clearInterval(this.timer);
    this.timer = null;
  }

  pause(): void {
    this.stop();
    this.change(this.row, {playing: false});
  }
  toggle(): void {
    if (this.store.moment?.playing) this.pause();
    else this.play();
  }
  replay(): void {
    if (!this.store.moment) return;
    this.stop();
    this.change(0);
    this.play();
  }
  /** To the bar of that time; playing goes on from there. */
  seek(t: number): void {
    const {kept} = this;
    const moment = this.store.moment;
    if (!kept || !moment) return;
    const row = kept.past.rowAt(t);
    const playing = moment.playing && row < kept.past.ts.length - 1;
    this.change(row, {playing});
    if (playing) this.run(this.row);
    else this.stop();
  }
  setSpeed(speed: number): void {
    const moment = this.store.moment;
    if (!moment) return;
    this.change(this.row, {speed});
    if (moment.playing) this.run(this.row);
  }
}

export const player = new Player(pageStore);

export const backToLive = (): void => go("#/");

/** The moment of this alert; that of the alert shown already once more. */
export function goToMoment(id: string): void {
  if (route().alert !== id) go(alertAddress(id));
  else if (pageStore.moment) player.replay();
  else void player.follow(id);
}

export function followMoment(store: Store): void {
  const update = () => {
    const isAway = store.moment !== null;
    document.body.classList.toggle("past", isAway);
  };
  store.subscribe(["moment"], update);
  // The address may name an alert before the daemon was heard; what is kept comes with the alerts.
  const follow = () => {
    if (store.live && store.past) void player.follow(route().alert);
  };
  onRoute(follow);
  const unsubscribe = store.subscribe(["past"], () => {
    if (store.past) unsubscribe();
    follow();
  });
}
