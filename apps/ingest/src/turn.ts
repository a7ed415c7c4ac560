import { setImmediate } from 'node:timers/promises';

/** So many items of one request are read before other requests get their turn. */
const itemsPerTurn = 2_000;

export const endsTurn = (index: number): boolean => index % itemsPerTurn === itemsPerTurn - 1;

export const nextTurn = (): Promise<void> => setImmediate();
