/**
 * The stable order of [0, count), given where its sorted stretches begin (ascending, the first at 0): merged pairwise
 * until one is left. With few stretches nearly linear, which a general sort does not know.
 */
export function mergeRuns(
  starts: readonly number[],
  count: number,
  isBefore: (a: number, b: number) => boolean,
): Uint32Array {
  let from = new Uint32Array(count);
  for (let i = 0; i < count; i++) from[i] = i;
  let into = new Uint32Array(count);
  for (let runs = [...starts, count]; runs.length > 2; ) {
    const merged: number[] = [];
    for (let r = 0; r + 1 < runs.length; r += 2) {
      merged.push(runs[r]);
      mergeTwo(from, into, runs[r], runs[r + 1], runs[r + 2] ?? count, isBefore);
    }
    runs = [...merged, count];
    [from, into] = [into, from];
  }
  return from;
}

/** Merges from[start, middle) and from[middle, end) into `into`. */
function mergeTwo(
  from: Uint32Array,
  into: Uint32Array,
  start: number,
  middle: number,
  end: number,
  isBefore: (a: number, b: number) => boolean,
): void {
  let left = start;
  let right = middle;
  for (let at = start; at < end; at++) {
    const takeRight = right < end && (left >= middle || isBefore(from[right], from[left]));
    into[at] = takeRight ? from[right++] : from[left++];
  }
}
