import { setTimeout as delay } from 'node:timers/promises';
import { type EventStream, frameOf } from '../http/event-stream.js';
import type { Board } from './board.js';

/** How often it is asked whether a board may have changed. */
const EVERY_MS = 1_000;

/** Sends a client the board, and again whenever it has changed, until the client is gone. `versionNow`: another whenever it may have. */
export async function followBoard(
  versionNow: () => Promise<string>,
  read: () => Promise<Board>,
  open: () => EventStream,
): Promise<void> {
  // First: what changes in between makes it too old, never too new.
  let version = await versionNow();
  const board = await read();
  let sent = JSON.stringify(board);
  const stream = open();
  await stream.send(version, frameOf(version, 'board', board));
  try {
    while (stream.open) {
      await Promise.race([delay(EVERY_MS), stream.closed]);
      const now = stream.open ? await versionNow() : version;
      if (now === version) continue;
      version = now;
      const next = await read();
      const text = JSON.stringify(next);
      if (text !== sent) await stream.send(version, frameOf(version, 'board', next));
      sent = text;
    }
  } catch (error) {
    // The headers are out: the client hears of it by the end of the stream, and comes back.
    stream.end();
    throw error;
  }
}
