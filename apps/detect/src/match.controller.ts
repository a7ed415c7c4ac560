import { Controller, Inject } from '@nestjs/common';
import { Ctx, EventPattern, Payload } from '@nestjs/microservices';
import { type DetectionPlan, Matcher, type MatchProgress, type Source } from '#libs/detection';
import { eventTypes, topics } from '#libs/events';
import { type GroupPosition, LogError, type LogRecord, type RecordBatch } from '#libs/log';
import type { StepResult } from '#libs/stream';
import { DETECT, type DetectPorts, URGENCY } from './ports.js';
import type { Urgency } from './urgency.js';

const activityTopics = eventTypes.filter((type) => !type.internal).map((type) => type.topic);

/** While nothing happens, marks come every second at first; after ten quiet minutes, every minute will do. */
const restlessMs = 600_000;
const restfulMarkMs = 60_000;
/** An event can be read at most so long after it was stamped as recorded. */
const inFlightMs = 250;
/** Windows of other processes know the rules by then, and take hits of new ones for what they are. */
const othersLookMs = 2_000;
/** How often it says what time it is. */
const markEveryMs = 1_000;

/** The first stage of detection: activity → hits of rules, and what time it is. */
@Controller()
export class MatchController {
  private readonly matcher: Matcher;
  /** Per partition, as `topic/partition`: the first offset not matched yet. */
  private readonly reached = new Map<string, number>();
  private readonly reported = { events: 0, duplicates: 0, forgotten: 0 };
  private isAlone = true;
  /** The windows of this process know it already. */
  private nextPlan: { plan: DetectionPlan; from: number } | null = null;
  private partitions = 0;
  private tickedAt = 0;
  private markedMs = 0;
  private markedAt = 0;

  constructor(
    @Inject(DETECT) private readonly ports: DetectPorts,
    @Inject(URGENCY) private readonly urgency: Urgency,
  ) {
    this.matcher = new Matcher(ports.plans.current, ports.options);
    ports.plans.subscribe((plan) => {
      this.nextPlan = { plan, from: ports.clock.now() + (this.isAlone ? 0 : othersLookMs) };
    });
  }

  @EventPattern<string>('detect.match', {
    topics: activityTopics,
    order: 'recorded',
    batchBytesMax: 4 << 20,
    tickMs: 100,
  })
  async match(@Payload() batches: readonly RecordBatch[]): Promise<StepResult> {
    this.changePlan();
    const { matches, deadLetters } = this.matcher.match(batches, this.ports.clock.now());
    for (const batch of batches) this.reached.set(placeOf(batch), batch.nextOffset);
    this.report();
    const appends: { topic: string; records: LogRecord[] }[] = [];
    if (matches.length > 0) appends.push({ topic: topics.matches, records: matches });
    if (deadLetters.length > 0) {
      this.ports.metrics.weir_dead_letters_total.inc({ reason: 'RECORD_UNREADABLE' }, deadLetters.length);
      const time = this.ports.clock.now();
      const records = deadLetters.map((letter) => ({ time, value: Buffer.from(JSON.stringify(letter)) }));
      appends.push({ topic: topics.deadLetters, records });
    }
    return { appends, metadata: (topic, partition) => JSON.stringify(this.matcher.progress(topic, partition)) };
  }

  /** Learns again what was seen within the horizon before each position. */
  @EventPattern<string>('detect.match/assigned')
  async assigned(@Payload() positions: readonly GroupPosition[], @Ctx() stopping?: AbortSignal): Promise<undefined> {
    for (const position of positions) {
      if (position.metadata === '') continue;
      const progress = JSON.parse(position.metadata) as MatchProgress;
      this.matcher.resume(position.topic, position.partition, progress);
      if (progress.rememberFrom !== null) await this.remember(position, progress.rememberFrom, stopping);
    }
    // Only now: while one of them is still being learned, there is work that waits.
    for (const position of positions) this.reached.set(placeOf(position), position.offset);
    await this.share();
  }

  @EventPattern<string>('detect.match/revoked')
  async revoked(@Payload() partitions: readonly { topic: string; partition: number }[]): Promise<void> {
    for (const { topic, partition } of partitions) {
      this.matcher.forget(topic, partition);
      this.reached.delete(placeOf({ topic, partition }));
    }
    await this.share();
  }

  @EventPattern<string>('detect.match/tick')
  async tick(): Promise<StepResult | undefined> {
    if (this.reached.size === 0) return undefined;
    const now = this.ports.clock.now();
    if (now - this.tickedAt >= markEveryMs) return this.mark(now);
    const isUrgent = !this.isAlone && (this.urgency.waits || this.urgency.isAsked);
    return isUrgent ? this.tell(now) : undefined;
  }

  private async mark(now: number): Promise<StepResult | undefined> {
    this.tickedAt = now;
    // Work that waits is no silence: time has come as far as the events have, whatever the clock says.
    const silentUntil = (await this.caughtUp()) ? now : 0;
    this.matcher.caughtUp(silentUntil - inFlightMs);
    const markMs = this.matcher.markTime(silentUntil);
    const dueMs = this.matcher.idleMs(now) < restlessMs ? 0 : restfulMarkMs;
    // Others wait to hear how far this process has read.
    if (this.isAlone && (markMs === this.markedMs || now - this.markedAt < dueMs)) return undefined;
    this.markedMs = markMs;
    this.markedAt = now;
    return { appends: [{ topic: topics.matches, records: this.matcher.marks(silentUntil) }] };
  }

  /** Windows wait, here or elsewhere: how far this process has read is said at once. */
  private async tell(now: number): Promise<StepResult> {
    this.urgency.isAsked = false;
    if (await this.caughtUp()) this.matcher.caughtUp(now - inFlightMs);
    return { appends: [{ topic: topics.matches, records: this.matcher.tells(this.urgency.waits) }] };
  }

  /** Tells the matcher which partitions it reads, and which are read by others. */
  private async share(): Promise<void> {
    const ends = await this.ports.log.ends(activityTopics);
    this.partitions = ends.flat().length;
    const all = activityTopics.flatMap((topic, t) => ends[t].map((_, partition): Source => [topic, partition]));
    const others = all.filter(([topic, partition]) => !this.reached.has(placeOf({ topic, partition })));
    this.isAlone = others.length === 0;
    // Not out of `all`: a partition may be here to be read before it is known to be there.
    this.matcher.share([...this.reached.keys()].map(sourceOf), this.isAlone ? null : others);
  }

  private async caughtUp(): Promise<boolean> {
    const ends = await this.ports.log.ends(activityTopics);
    // Somebody has added some, and another process may read them.
    if (ends.flat().length !== this.partitions) await this.share();
    for (const [t, topic] of activityTopics.entries()) {
      const behind = ends[t].flatMap((next, partition) =>
        (this.reached.get(placeOf({ topic, partition })) ?? next) < next ? [partition] : [],
      );
      if (behind.length > 0 && !(await this.areExpired(topic, behind))) return false;
    }
    return this.reached.size > 0;
  }

  /** Nothing is left to read: retention took all that was not read. */
  private async areExpired(topic: string, behind: readonly number[]): Promise<boolean> {
    const { partitions } = await this.ports.log.describe(topic);
    return behind.every((partition) => partitions[partition].earliest === partitions[partition].next);
  }

  private async remember(
    { topic, partition, offset: until }: GroupPosition,
    from: number,
    stopping: AbortSignal | undefined,
  ): Promise<void> {
    let offset = from;
    while (offset < until && !stopping?.aborted) {
      try {
        const batch = await this.ports.log.read(topic, partition, offset);
        if (batch.count === 0) return;
        this.matcher.remember(batch, until);
        offset = batch.nextOffset;
      } catch (error) {
        // What retention took cannot be repeated from the log either; what is damaged is reported by whoever reads it.
        const next = error instanceof LogError && (error.facts.earliest ?? error.facts.nextReadable);
        if (typeof next !== 'number' || next <= offset) throw error;
        offset = next;
      }
    }
  }

  private changePlan(): void {
    if (this.nextPlan === null || this.ports.clock.now() < this.nextPlan.from) return;
    this.report();
    this.matcher.changePlan(this.nextPlan.plan);
    this.nextPlan = null;
  }

  private report(): void {
    const { metrics } = this.ports;
    const { events, duplicates } = this.matcher.counters;
    metrics.weir_match_events_total.inc(events - this.reported.events);
    metrics.weir_match_duplicates_total.inc(duplicates - this.reported.duplicates);
    // Partitions that went to others take their part of it along.
    const forgotten = this.matcher.identitiesEvicted;
    metrics.weir_match_evicted_identities_total.inc(Math.max(0, forgotten - this.reported.forgotten));
    Object.assign(this.reported, { events, duplicates, forgotten });
    metrics.weir_match_dispatch_seconds_total.inc(this.matcher.costs.takeDispatch());
    for (const [rule, seconds] of this.matcher.costs.take())
      metrics.weir_match_rule_seconds_total.inc({ rule }, seconds);
    for (const [rule, hits] of this.matcher.hits.takeCapped()) {
      metrics.weir_match_capped_hits_total.inc({ rule }, hits);
    }
    for (const [rule, hits] of this.matcher.takeHits()) metrics.weir_match_rule_hits_total.inc({ rule }, hits);
  }
}

const sourceOf = (place: string): Source => {
  const slash = place.lastIndexOf('/');
  return [place.slice(0, slash), Number(place.slice(slash + 1))];
};

const placeOf = ({ topic, partition }: { topic: string; partition: number }): string => `${topic}/${partition}`;
