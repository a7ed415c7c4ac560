/** A half-life has so many steps: within one, all votes are of an age. */
const STEPS = 256;
/** Whole numbers stand for weights, so that adding and taking away leaves nothing behind. */
const UNIT = 2 ** 24;
/** What is older by so many half-lives weighs nothing any more. */
export const FADED_HALF_LIVES = 64;

const weights = Array.from({ length: STEPS }, (_, step) => Math.round(UNIT * 2 ** (step / STEPS)));
const squares = Array.from({ length: STEPS }, (_, step) => Math.round(UNIT * 4 ** (step / STEPS)));

/** Half-lives since 1970, and how far the next one had come. */
export interface Slot {
  slot: number;
  step: number;
}

/** `at`: ms. */
export function slotOf(at: number, halfLifeSeconds: number): Slot {
  return slotOfStep(Math.floor((at * STEPS) / (halfLifeSeconds * 1_000)));
}

/** `steps`: whole 256ths of a half-life since 1970. */
export function slotOfStep(steps: number): Slot {
  const slot = Math.floor(steps / STEPS);
  return { slot, step: steps - slot * STEPS };
}

/** What a vote weighs at the beginning of its slot, and the square of that; in units that add up. */
export const heft = (step: number): { weight: number; squares: number } => ({
  weight: weights[step],
  squares: squares[step],
});

/** What votes of a slot weigh at a moment. A later slot counts as that of the moment: the future weighs no more than twice what is now. */
export function faded(
  { slot, weight, squares }: { slot: number; weight: number; squares: number },
  now: Slot,
): { weight: number; squares: number } {
  const age = Math.max(0, now.slot - slot);
  if (age >= FADED_HALF_LIVES) return { weight: 0, squares: 0 };
  const part = 2 ** -(age + now.step / STEPS);
  return { weight: (weight / UNIT) * part, squares: (squares / UNIT) * part * part };
}
