// Joins a chart on a canvas to the component around it.
import {useEffect, useLayoutEffect, useRef, useState} from "preact/hooks";
import type {RefObject} from "preact";

import {store} from "../model/store";
import {shownStretch, type Joined, type Stretch} from "../model/time_range";
import {TimeChart, type ChartOptions, type ChartUpdate} from "./time_chart";

/** The row under the cursor of a panel; null when the cursor is elsewhere. */
export class Hover {
  row: number | null = null;
  byKeys = false; // then who listens instead of looking is told
  private readonly listeners = new Set<() => void>();

  readonly set = (row: number | null, byKeys: boolean): void => {
    // Two charts of a panel tell of the same row; by keys only the one that has the focus.
    if (row === this.row && (!byKeys || this.byKeys)) return;
    this.row = row;
    this.byKeys = byKeys;
    for (const listener of this.listeners) listener();
  };
  listen(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => void this.listeners.delete(listener);
  }
}

export function useHover(hover: Hover): number | null {
  const [, draw] = useState(0);
  useEffect(() => hover.listen(() => draw((n) => n + 1)), [hover]);
  return hover.row;
}

/**
 * A chart in the element of the reference, drawn anew after each draw of the component, before the
 * frame is painted. It is made again when `key`, which says what its lines are, is another.
 */
export function useTimeChart(key: string, options: () => ChartOptions, update: () => ChartUpdate): RefObject<HTMLDivElement | null> {
  const frame = useRef<HTMLDivElement>(null);
  const chart = useRef<{made: TimeChart; key: string} | null>(null);
  useLayoutEffect(() => {
    if (chart.current && chart.current.key !== key) {
      chart.current.made.destroy();
      chart.current = null;
    }
    if (chart.current) chart.current.made.update(update());
    else if (frame.current) chart.current = {made: new TimeChart(frame.current, options(), update()), key};
  });
  useEffect(() => () => chart.current?.made.destroy(), []);
  return frame;
}

export interface ShownTime {
  ts: readonly number[];
  stretch: Stretch;
  joined: Joined; // rows further apart in time are not joined
  cursor: number | null; // of the moment that is played
  row: number; // whose values stand at the lines' ends: the moment's, or the last that is shown; -1 without rows
}

/** What time the charts show: that of the moment that is played, or what was chosen. */
export function shownTime(): ShownTime {
  const {moment, shownPast: past} = store;
  const ts = past?.ts ?? [];
  const stretch = shownStretch(moment ? {from: moment.from, to: moment.to} : store.view.range, ts);
  const cursor = moment ? moment.cursor : null;
  return {ts, stretch, joined: past?.joined ?? (() => 0), cursor, row: past?.rowAt(cursor ?? stretch.to) ?? -1};
}
