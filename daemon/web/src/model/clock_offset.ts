// How far the daemon's clock is from this computer's. What is on its way makes the daemon look late,
// never early, and after a reconnect old messages come in a burst: the largest of the latest
// differences is nearest to the truth.

const kept = 20;

export class ClockOffset {
  private differences: number[] = [];
  private wall: number | null = null;

  /** Milliseconds, above 0 where the daemon is ahead; null before it is known. */
  get ms(): number | null {
    return this.differences.length > 0 ? Math.max(...this.differences) : null;
  }

  /** After a snapshot, for another daemon may speak. */
  begin(wall: number | null, at: number): void {
    this.differences = [];
    this.wall = null;
    this.take(wall, at);
  }

  /** The daemon's clock was `wall` when it spoke, ours `at` when we heard. Both in milliseconds. */
  take(wall: number | null, at: number): void {
    if (wall === null || wall === this.wall) return;
    this.wall = wall;
    this.differences.push(wall - at);
    if (this.differences.length > kept) this.differences.shift();
  }
}
