import { Inject, Injectable } from '@nestjs/common';
import { type Alert, alertRecord, systemAlert, topics } from '#libs/events';
import { deadRule } from '#libs/notification';
import { expireReceived, type Failing, prune, waitingCounts } from '#libs/storage';
import { NOTIFY, type NotifyPorts } from './ports.js';

const expireMs = 1_000;
const countMs = 5_000;
const pruneMs = 600_000;

/** What there is to do now and then beside delivering, and the alerts that notifications raise themselves. */
@Injectable()
export class Housekeeping {
  private readonly last = new Map<string, number>();

  constructor(@Inject(NOTIFY) private readonly ports: NotifyPorts) {}

  async run(): Promise<void> {
    const { database, clock } = this.ports;
    if (this.isTime('expire', expireMs)) await expireReceived(database, clock.now(), this.silent);
    if (this.isTime('count', countMs)) await this.count();
    if (this.isTime('prune', pruneMs)) await prune(database, clock.now(), this.recovered);
  }

  /** An open alert of the target, from the first delivery that was given up to the next that is taken. */
  readonly gaveUp = (failing: Failing): Promise<void> => this.tell(failing, false);
  readonly recovered = (failing: Failing): Promise<void> => this.tell(failing, true);

  private async tell({ target, first, since, dead }: Failing, over: boolean): Promise<void> {
    const now = this.ports.clock.now();
    const event = systemAlert({
      rule: { id: deadRule, name: deadRule, title: 'Notifications are not delivered' },
      episode: String(first),
      severity: 'high',
      group: { target },
      openedAt: since,
      lastSeen: now,
      closedAt: over ? now : null,
      events: dead,
      // Its end comes after its beginning, within the same millisecond as well.
      order: 2 * now + Number(over),
    });
    await this.ports.log.append(topics.alert, [alertRecord(event)]);
  }

  /** Closes received alerts whose sender says nothing more of them. */
  private readonly silent = async (alerts: readonly Alert[]): Promise<void> => {
    const now = this.ports.clock.now();
    const records = alerts.map((alert) => {
      const offset = Math.max(now, alert.position.offset + 1);
      const closedAt = alert.endsAt!;
      const data: Alert = {
        ...alert,
        state: 'closed',
        closedAt,
        revision: alert.revision + 1,
        position: { partition: 0, offset },
      };
      const id = `${alert.id}/${offset}`;
      return alertRecord({
        specversion: '1.0',
        id,
        source: '/weir',
        type: 'alert',
        subject: alert.id,
        time: closedAt,
        data,
      });
    });
    await this.ports.log.append(topics.alert, records);
  };

  private async count(): Promise<void> {
    const { metrics, database } = this.ports;
    const counts = await waitingCounts(database);
    metrics.weir_notify_waiting.reset();
    for (const { target, waiting } of counts) metrics.weir_notify_waiting.set({ target }, waiting);
  }

  private isTime(what: string, everyMs: number): boolean {
    const now = this.ports.clock.now();
    const last = this.last.get(what);
    if (last !== undefined && Math.abs(now - last) < everyMs) return false;
    this.last.set(what, now);
    return true;
  }
}
