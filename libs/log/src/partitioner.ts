const multiplier = 0x5bd1e995;

/** The 32-bit murmur2 hash that Kafka's Java client uses, as a signed integer. */
export function murmur2(bytes: Uint8Array): number {
  const length = bytes.length;
  let hash = 0x9747b28c ^ length;
  let i = 0;
  for (; i + 4 <= length; i += 4) {
    let word = bytes[i] | (bytes[i + 1] << 8) | (bytes[i + 2] << 16) | (bytes[i + 3] << 24);
    word = Math.imul(word, multiplier);
    word ^= word >>> 24;
    hash = Math.imul(hash, multiplier) ^ Math.imul(word, multiplier);
  }
  const rest = length - i;
  if (rest > 0) {
    if (rest > 2) hash ^= bytes[i + 2] << 16;
    if (rest > 1) hash ^= bytes[i + 1] << 8;
    hash = Math.imul(hash ^ bytes[i], multiplier);
  }
  hash = Math.imul(hash ^ (hash >>> 13), multiplier);
  return hash ^ (hash >>> 15);
}

/** The partition of a key, as Kafka's Java client chooses it: one key, one partition, whichever engine. */
export function partitionOf(key: Uint8Array, partitions: number): number {
  return (murmur2(key) & 0x7fffffff) % partitions;
}
