// Random numbers that come again with the same seed, for tests of laws.

/** From 0 to below 1 (mulberry32). */
export function seeded(seed: number): () => number {
  let a = seed >>> 0;
  return () => {
    a = (a + 0x6d2b79f5) >>> 0;
    let t = Math.imul(a ^ (a >>> 15), a | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

/** Others with each run; `SEED=<n>` begins at that one. A test that fails names the seed it failed with. */
export function seeds(count: number): number[] {
  const first = Number(process.env["SEED"] ?? Math.floor(Math.random() * 1e9));
  console.info(`seeds from ${first}`);
  return Array.from({length: count}, (_, i) => first + i);
}
