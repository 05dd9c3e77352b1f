// Where the arrows of the leads lie: a row for each source, a lane for each target, the source at its
// left end and the target at its right. Pure geometry in CSS pixels.

export interface LeadLanes {
  labels: number; // width of the sources' names
  lane: number; // width of a target's lane, the gap after it included
  gap: number;
  head: number;
  row: number;
  width: number;
  height: number;
}

const leastLane = 112; // the words below an arrow need so much

export function leadLanes(room: number, labels: number, sources: number, targets: number): LeadLanes {
  const gap = 16, head = 20, row = 35;
  const lane = Math.max(leastLane, (room - labels) / Math.max(1, targets));
  return {labels, lane, gap, head, row, width: labels + lane * targets, height: head + sources * row};
}

export interface Arrow {
  from: number; // x of the line's ends
  to: number;
  y: number;
  thickness: number;
  tip: string; // points of the head; empty where nothing is claimed
  middle: number; // x of the words
}

/** The stronger the correlation at that lag, the thicker. */
export function thickness(correlation: number | null): number {
  return 1.5 + 4.5 * Math.min(1, Math.abs(correlation ?? 0));
}

/** `forward`: the source moves first. Null: nobody is said to. */
export function arrow(lanes: LeadLanes, source: number, target: number, forward: boolean | null, correlation: number | null): Arrow {
  const left = lanes.labels + target * lanes.lane + 2;
  const right = left + lanes.lane - lanes.gap;
  const y = lanes.head + source * lanes.row + 11;
  const middle = (left + right) / 2;
  if (forward === null) return {from: left, to: right, y, thickness: 1.5, tip: "", middle};
  const thick = thickness(correlation);
  const size = 5 + thick * 0.7;
  const end = forward ? right : left;
  const base = forward ? right - size * 1.5 : left + size * 1.5;
  return {
    from: forward ? left : right, to: base, y, thickness: thick, middle,
    tip: [[end, y], [base, y - size], [base, y + size]].map((point) => point.map((n) => Math.round(n * 10) / 10).join(",")).join(" "),
  };
}
