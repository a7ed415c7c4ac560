import { Inject, Injectable, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';
import { backoffMs, deliver, deliveryMsMax, type Outcome } from '#libs/notification';
import {
  type ClaimedMessage,
  claimMessages,
  dueTargets,
  markDead,
  markDelivered,
  markFailed,
  pauseTarget,
  putFiring,
  type StoredTarget,
} from '#libs/storage';
import { Repeats } from '#libs/telemetry';
import { Housekeeping } from './housekeeping.js';
import { NOTIFY, type NotifyPorts } from './ports.js';

/** Deliveries to one target at a time: a slow one slows itself only. What they hold is bounded, as messages and targets are. */
const perTargetMax = 4;
/** How often it looks for what is due, where nothing wakes it. */
const lookMs = 500;
/** A delivery that did not end by then was cut off by a crash, and somebody else may have it. */
const leaseMs = 2 * deliveryMsMax;

/**
 * Delivers what is in the outbox. Any number of processes may: a message is claimed for as long as an attempt may take, and
 * then delivered, tried again later, or given up. An alert's next message waits for the one before it.
 */
@Injectable()
export class Courier implements OnModuleInit, OnModuleDestroy {
  private readonly inFlight = new Map<Promise<void>, string>();
  private readonly repeats: Repeats;
  private timer: NodeJS.Timeout | undefined;
  private round: Promise<void> | undefined;
  private again = false;
  private stopped = false;

  constructor(
    @Inject(NOTIFY) private readonly ports: NotifyPorts,
    @Inject(Housekeeping) private readonly housekeeping: Housekeeping,
  ) {
    this.repeats = new Repeats(ports.clock);
  }

  onModuleInit(): void {
    this.wake();
  }

  async onModuleDestroy(): Promise<void> {
    this.stopped = true;
    clearTimeout(this.timer);
    await this.round;
    await Promise.all(this.inFlight.keys());
  }

  /** Looks for what is due now rather than later. */
  wake(): void {
    if (this.stopped) return;
    if (this.round) {
      this.again = true;
      return;
    }
    clearTimeout(this.timer);
    this.again = false;
    this.round = this.look()
      .catch((error: unknown) => this.trouble('Notifications could not be looked for', error))
      .finally(() => {
        this.round = undefined;
        if (this.stopped) return;
        if (this.again) this.wake();
        else this.timer = setTimeout(() => this.wake(), lookMs);
      });
  }

  private async look(): Promise<void> {
    const { database, clock } = this.ports;
    // What goes wrong with one of these, or with one target, keeps nothing else from being delivered.
    await this.housekeeping
      .run()
      .catch((error: unknown) => this.trouble('Housekeeping of notifications failed', error));
    await putFiring(database, clock.now()).catch((error: unknown) =>
      this.trouble('Alerts that fire were not said again', error),
    );
    for (const target of await dueTargets(database, clock.now())) {
      await this.takeSome(target).catch((error: unknown) =>
        this.trouble(`Messages for ${target.id} could not be claimed`, error),
      );
    }
  }

  private async takeSome(target: StoredTarget): Promise<void> {
    const { database, clock } = this.ports;
    const messagesMax = perTargetMax - this.busyWith(target);
    if (messagesMax <= 0 || this.stopped) return;
    const claimed = await claimMessages(database, target, { now: clock.now(), messagesMax, leaseMs });
    for (const message of claimed) this.take(message);
  }

  private busyWith({ id }: StoredTarget): number {
    return [...this.inFlight.values()].filter((target) => target === id).length;
  }

  private take(message: ClaimedMessage): void {
    const delivery = this.deliver(message)
      .catch((error: unknown) => this.trouble('What became of a delivery could not be noted; it is made again', error))
      .finally(() => {
        this.inFlight.delete(delivery);
        this.wake();
      });
    this.inFlight.set(delivery, message.target.id);
  }

  private async deliver(message: ClaimedMessage): Promise<void> {
    const { clock, networks, metrics, database } = this.ports;
    const { target } = message;
    const timer = metrics.weir_notify_delivery_seconds.startTimer();
    const outcome = await deliver(target, message, { now: clock.now(), networks });
    timer();
    if (outcome.kind === 'delivered') {
      metrics.weir_notify_deliveries_total.inc({ target: target.id, outcome: 'delivered' });
      const { status, problem } = outcome;
      await markDelivered(database, message, { now: clock.now(), status, problem }, this.housekeeping.recovered);
    } else await this.failed(message, outcome);
  }

  private async failed(message: ClaimedMessage, failure: Extract<Outcome, { kind: 'failed' }>): Promise<void> {
    const { clock, metrics, database, logger } = this.ports;
    const target = message.target.id;
    const now = clock.now();
    const { problem, retryAfterMs } = failure;
    const dead = now >= message.giveUpAt;
    metrics.weir_notify_deliveries_total.inc({ target, outcome: dead ? 'dead' : 'failed' });
    // What the target asks for is about itself, however old the message is that it said so to.
    if (retryAfterMs !== null) await pauseTarget(database, target, now + retryAfterMs);
    if (dead) {
      logger.error({ target, message: message.key, problem }, 'A notification was given up');
      await markDead(database, message, failure, now, this.housekeeping.gaveUp);
      return;
    }
    this.repeats.once(`delivery ${target}`, (held) =>
      logger.warn({ target, held }, `A notification was not delivered (${problem}); it is tried again`),
    );
    const again = now + Math.max(backoffMs(message.attempts), retryAfterMs ?? 0);
    await markFailed(database, message, failure, Math.min(again, message.giveUpAt));
  }

  private trouble(what: string, error: unknown): void {
    this.repeats.once(what, (held) => this.ports.logger.warn({ held, reason: String(error) }, what));
  }
}
