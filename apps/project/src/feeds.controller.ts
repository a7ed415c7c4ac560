import { Controller, Inject } from '@nestjs/common';
import { EventPattern, Payload } from '@nestjs/microservices';
import type { GroupPosition, RecordBatch } from '#libs/log';
import { applyFeeds } from '#libs/storage';
import type { StepResult } from '#libs/stream';
import { decodeFeed } from './decode-feed.js';
import { PROJECT, type ProjectPorts } from './ports.js';
import { Standings } from './standings.js';

const feedTopics = ['share', 'relation', 'retract', 'feedback'];

/** Some hundreds of shares, each of which may go to a thousand inboxes: who projects another partition waits for as long. */
const BATCH_BYTES_MAX = 65_536;

/** Shares, relations, feedback and what was taken back → computed.share, relation, feed_* and share_retraction. */
@Controller()
export class FeedsController {
  private readonly standings: Standings;

  constructor(@Inject(PROJECT) private readonly ports: ProjectPorts) {
    this.standings = new Standings('feeds', feedTopics, ports);
  }

  @EventPattern<string>('project.feeds', { topics: feedTopics, tickMs: 250, batchBytesMax: BATCH_BYTES_MAX })
  project(@Payload() batch: RecordBatch): Promise<StepResult> {
    return this.standings.step(batch, decodeFeed, async (progress) => {
      const { database, feeds, metrics } = this.ports;
      const { isApplied, deliveries } = await applyFeeds(database, progress, feeds);
      metrics.weir_feed_deliveries_total.inc(deliveries);
      return isApplied;
    });
  }

  @EventPattern<string>('project.feeds/tick')
  tick(): Promise<StepResult | undefined> {
    return this.standings.tick();
  }

  @EventPattern<string>('project.feeds/assigned')
  assigned(@Payload() positions: readonly GroupPosition[]): Promise<number[]> {
    return this.standings.assigned(positions);
  }

  @EventPattern<string>('project.feeds/revoked')
  revoked(@Payload() partitions: readonly { topic: string; partition: number }[]): void {
    this.standings.revoked(partitions);
  }
}
