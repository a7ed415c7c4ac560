import { setTimeout as delay } from 'node:timers/promises';
import { expect } from 'vitest';
import type { Batch, Sender } from './sender.js';

/** So many requests are under way at once, each of a sender of its own. */
const senders = 4;
/** Between two requests of a sender: a trickle, however long a disturbance takes to happen; more when it is waited for. */
const trickleMs = 2_000;
const flowMs = 25;

/** Traffic that goes out while something is disturbed: each part when what the one before brought has been processed. */
export class Feeding {
  /** Once all of it is processed. */
  readonly all: Promise<void>;
  private pauseMs = trickleMs;
  private isOver = false;

  constructor(
    private readonly sender: Sender,
    traffic: readonly (readonly Batch[])[],
    caughtUp: () => Promise<unknown>,
  ) {
    this.all = this.sendAll(traffic, caughtUp);
  }

  /** Waits until so many more events are acknowledged. */
  async goesOn(events: number): Promise<void> {
    const before = this.sender.acknowledged.size;
    this.pauseMs = flowMs;
    while (this.sender.acknowledged.size < before + events) await delay(20);
    this.pauseMs = trickleMs;
  }

  /** Sends the rest without a pause. There must be one: or nothing was sent while it was disturbed. */
  async finish(): Promise<void> {
    expect(this.isOver).toBe(false);
    this.pauseMs = 0;
    await this.all;
  }

  private async sendAll(traffic: readonly (readonly Batch[])[], caughtUp: () => Promise<unknown>): Promise<void> {
    for (const part of traffic) {
      const waiting = part.values();
      await Promise.all(Array.from({ length: senders }, () => this.sendEach(waiting)));
      await caughtUp();
    }
    this.isOver = true;
  }

  private async sendEach(batches: Iterable<Batch>): Promise<void> {
    for (const batch of batches) {
      await this.sender.send(batch);
      await delay(this.pauseMs);
    }
  }
}
