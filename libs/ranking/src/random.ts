/** Numbers from 0 to below 1, the same for the same seed (mulberry32). */
export function seeded(seed: number): () => number {
  const random = seededWhole(seed);
  return () => random() / 2 ** 32;
}

/** Whole numbers from 0 to 2^32 - 1, the same for the same seed (mulberry32). */
export function seededWhole(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return (mixed ^ (mixed >>> 14)) >>> 0;
  };
}

const GRID = 32;
const LAST = GRID * GRID - 1;
/** From here on a Poisson variable is as good as normal. */
const NORMAL_FROM = 20;

/** Standard normal numbers (Box and Muller) of a grid of uniform ones; small, so that they stay near the processor. */
const normals = Float32Array.from({ length: GRID * GRID }, (_, i) => {
  const [radius, angle] = [(Math.floor(i / GRID) + 0.5) / GRID, ((i % GRID) + 0.5) / GRID];
  return Math.sqrt(-2 * Math.log(radius)) * Math.cos(2 * Math.PI * angle);
});

/** By mean, a whole one below NORMAL_FROM: as many of its quantiles. */
const counts = Array.from({ length: NORMAL_FROM }, (_, mean) => {
  let [count, chance] = [0, Math.exp(-mean)];
  let below = chance;
  return Uint8Array.from({ length: GRID * GRID }, (__, i) => {
    while (below < (i + 0.5) / (GRID * GRID)) {
      count++;
      chance *= mean / count;
      below += chance;
    }
    return count;
  });
});

/**
 * Draws, for each of the means of two arrays, whole numbers, how often something happens that happens so often on average; into the
 * same arrays each time. `random`: whole numbers below 2^32, one of which is enough for two.
 */
export function poissons(
  first: Float64Array,
  second: Float64Array,
  random: () => number,
): () => [Float64Array, Float64Array] {
  const deviations = [first.map(Math.sqrt), second.map(Math.sqrt)];
  const drawn: [Float64Array, Float64Array] = [first.slice(), second.slice()];
  return () => {
    for (let i = 0; i < first.length; i++) {
      const bits = random();
      drawn[0][i] = quantile(first[i], deviations[0][i], bits & LAST);
      drawn[1][i] = quantile(second[i], deviations[1][i], (bits >>> 16) & LAST);
    }
    return drawn;
  };
}

function quantile(mean: number, deviation: number, which: number): number {
  return mean < NORMAL_FROM ? counts[mean][which] : Math.max(0, mean + deviation * normals[which]);
}

/** A number from 0 to 2^32 for a text, the same every time, similar texts far apart (FNV-1a, then mixed). */
export function hashOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return mixed(hash);
}

/** The finalizer of MurmurHash3: numbers that are near each other go far apart. */
export function mixed(number: number): number {
  let hash = number | 0;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}
