// Randomness, injected: a seed replays every jitter.

/** A number in [0, 1), as Math.random. */
export type Random = () => number;

export const systemRandom: Random = Math.random;

/** A reproducible source (mulberry32): the same seed gives the same numbers on every machine. Not for secrets. */
export function seededRandom(seed: number): Random {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** Spreads `valueMs` over [value, value × (1 + factor)): what many did at once, they do not repeat at once. */
export function jitter(random: Random, valueMs: number, factor: number): number {
  return valueMs * (1 + random() * factor);
}
