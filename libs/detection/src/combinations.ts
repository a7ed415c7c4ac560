/**
 * The first `max` combinations of one element of each list, the last list's changing fastest. No others are made: what
 * they cost hangs on `max`, not on how many there are.
 */
export function firstCombinations<T>(lists: readonly (readonly T[])[], max: number): readonly (readonly T[])[] {
  const first: T[][] = [];
  const count = Math.min(countCombinations(lists), max);
  for (let n = 0; n < count; n++) {
    const combination = new Array<T>(lists.length);
    let rest = n;
    for (let i = lists.length - 1; i >= 0; i--) {
      const { length } = lists[i];
      combination[i] = lists[i][rest % length];
      rest = Math.floor(rest / length);
    }
    first.push(combination);
  }
  return first;
}

/** How many there are in all; of no lists one, the empty one. More than can be counted are as many as can. */
export function countCombinations(lists: readonly (readonly unknown[])[]): number {
  let count = 1;
  for (const { length } of lists) {
    if (length === 0) return 0;
    count = Math.min(count * length, Number.MAX_SAFE_INTEGER);
  }
  return count;
}
