/**
 * Where another rule asks whether a rule's condition held, it is told at which events: of every slice of time the first
 * and the last. A slice begins at a multiple of its length, so which these are does not hang on what came when.
 */
export interface FireSlice {
  /** Its number: the time divided by the length. */
  at: number;
  first: number;
  last: number;
}

export const sliceOf = (time: number, sliceMs: number): FireSlice => {
  return { at: Math.floor(time / sliceMs), first: time, last: time };
};

/** The condition holds at `time`, not before all that is known. */
export function addFire(slices: FireSlice[], time: number, sliceMs: number | undefined): void {
  if (sliceMs === undefined) return;
  const newest = slices.at(-1);
  const slice = sliceOf(time, sliceMs);
  if (newest?.at === slice.at) newest.last = time;
  else slices.push(slice);
}

export const copyOf = (slices: readonly FireSlice[]): FireSlice[] => slices.map((slice) => ({ ...slice }));

/** All of two lists, ascending. */
export function joined(a: readonly FireSlice[], b: readonly FireSlice[]): FireSlice[] {
  const united: FireSlice[] = [];
  for (const slice of [...a, ...b].sort((x, y) => x.at - y.at)) {
    const same = united.at(-1);
    if (same?.at === slice.at) {
      same.first = Math.min(same.first, slice.first);
      same.last = Math.max(same.last, slice.last);
    } else united.push({ ...slice });
  }
  return united;
}

export const isSame = (a: readonly FireSlice[], b: readonly FireSlice[]): boolean =>
  a.length === b.length && a.every(({ first, last }, i) => first === b[i].first && last === b[i].last);

/** Those that end at `time` or after it. */
export const since = (slices: readonly FireSlice[], time: number): FireSlice[] =>
  slices.filter(({ last }) => last >= time);
