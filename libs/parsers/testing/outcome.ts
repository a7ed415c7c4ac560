import { expect } from 'vitest';
import { decodeEvent } from '#libs/events';
import { type Outcome, positionId, type Reject, type StreamContext } from '../src/parser.js';

/** A stream of a file that was received on 24 November 2026. */
export const contextOf = (context: Partial<StreamContext> = {}): StreamContext => ({
  source: 'file:test',
  id: positionId,
  receivedAt: Date.UTC(2026, 10, 24),
  ...context,
});

/** The events of an outcome, each of which must be one that the log takes: valid, with its own key and time. */
export function eventsIn(outcome: Outcome) {
  if (outcome.kind === 'reject') expect.fail(outcome.reason);
  return outcome.events.map(({ type, key, timeMs, value }) => {
    const decoded = decodeEvent(value);
    if (decoded.kind === 'reject') expect.fail(decoded.reason);
    expect({ type, key, timeMs, unchanged: true }).toEqual({
      type: decoded.type,
      key: decoded.key,
      timeMs: decoded.timeMs,
      unchanged: decoded.unchanged,
    });
    return decoded.event;
  });
}

export function rejectIn(outcome: Outcome): Reject {
  if (outcome.kind === 'events') expect.fail('expected a reject');
  expect(outcome.reason).toMatch(/\w+ \w+.*[:,] \w/);
  return outcome;
}
