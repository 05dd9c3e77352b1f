// Labels beside each other on a line: each as near as can be to where it belongs, none on another. Pure.

export interface Place {
  at: number; // where the label's centre belongs
  size: number;
  rank: number; // when room is short, the highest goes first
}

interface Cluster {
  members: number[];
  size: number;
  wish: number; // sum of the starts that its members wish for the cluster
  start: number;
}

/**
 * The centre of each label between `low` and `high`, or null for one that finds no room. Labels whose
 * places overlap are pushed into one row, which stands where its members' wishes have their mean.
 */
export function placeLabels(labels: readonly Place[], low: number, high: number): (number | null)[] {
  const out: (number | null)[] = labels.map(() => null);
  const kept = labels.map((_, i) => i).sort((a, b) => rankOf(labels, a) - rankOf(labels, b) || a - b);
  let room = high - low;
  let count = 0;
  for (const i of kept) {
    const size = labels[i]?.size ?? 0;
    if (size > room) break;
    room -= size;
    ++count;
  }
  const order = kept.slice(0, count).sort((a, b) => (labels[a]?.at ?? 0) - (labels[b]?.at ?? 0) || a - b);
  const clusters: Cluster[] = [];
  const settle = (it: Cluster) => Math.min(Math.max(it.wish / it.members.length, low), high - it.size);
  for (const i of order) {
    const label = labels[i];
    if (!label) continue;
    let last: Cluster = {members: [i], size: label.size, wish: label.at - label.size / 2, start: 0};
    last.start = settle(last);
    for (let before = clusters.at(-1); before && before.start + before.size > last.start; before = clusters.at(-1)) {
      clusters.pop();
      const shift = before.size;
      last = {
        members: [...before.members, ...last.members], size: before.size + last.size,
        wish: before.wish + last.wish - shift * last.members.length, start: 0,
      };
      last.start = settle(last);
    }
    clusters.push(last);
  }
  for (const cluster of clusters) {
    let start = cluster.start;
    for (const i of cluster.members) {
      const size = labels[i]?.size ?? 0;
      out[i] = start + size / 2;
      start += size;
    }
  }
  return out;
}

const rankOf = (labels: readonly Place[], i: number): number => labels[i]?.rank ?? 0;
