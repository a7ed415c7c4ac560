import type { Vote } from '#libs/events';
import type { BallotSums } from './ballot-sums.js';

/** What a vote says: yes or no to one entry, one of two, or an order of several (best first). */
export type Choice =
  | { entry: string; value: number }
  | { winner: string; loser: string }
  | { ranking: readonly string[] };

/** One choice, and how many votes made it; or what many ballots add up to. */
export interface CountedChoice {
  choice: Choice | { ballots: BallotSums };
  votes: number;
}

/** A vote for an entry without a value is a yes. */
export function choiceOf({ entry, value = 1, winner, loser, ranking }: Vote): Choice {
  if (ranking !== undefined) return { ranking };
  return entry !== undefined ? { entry, value } : { winner: winner!, loser: loser! };
}

/** How many of the votes say something of each entry, each entry once. */
export function saysOf({ choice, votes }: CountedChoice): [entry: string, votes: number][] {
  if ('ballots' in choice) return choice.ballots.entries.map((entry, i) => [entry, choice.ballots.ranked[i]]);
  if ('entry' in choice) return [[choice.entry, votes]];
  const named = 'winner' in choice ? [choice.winner, choice.loser] : choice.ranking;
  return [...new Set(named)].map((entry) => [entry, votes]);
}

/** What methods look at in a choice: of a value its sign. Choices that are the same to them become equal. */
export function essenceOf(choice: Choice): Choice {
  if ('entry' in choice) return { entry: choice.entry, value: Math.sign(choice.value) };
  return 'winner' in choice ? { winner: choice.winner, loser: choice.loser } : { ranking: choice.ranking };
}
