/**
 * Counts events that never reached us, by the numbers in their ids ("<epoch>-<seq>", one higher
 * with every message of a run of the daemon). An EventSource hands out the kinds it was asked for
 * and drops the others without a word: a hole in the numbers is what is left of those.
 */
export class EventIds {
  private epoch: string | null = null;
  private seq = 0;

  /** How many were missed before this one. `anew`: this one begins again, whatever came before. */
  take(id: string, anew: boolean): number {
    const cut = id.lastIndexOf("-");
    const epoch = id.slice(0, Math.max(0, cut));
    const seq = Number(id.slice(cut + 1));
    if (cut < 0 || !Number.isSafeInteger(seq)) return 0;
    const follows = !anew && epoch === this.epoch && seq > this.seq;
    const missed = follows ? seq - this.seq - 1 : 0;
    this.epoch = epoch;
    this.seq = seq;
    return missed;
  }
}
