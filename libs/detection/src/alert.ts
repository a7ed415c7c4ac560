import { createHash } from 'node:crypto';
import type { Alert, CloudEvent } from '#libs/events';
import { isBySource } from './event-groups.js';
import type { EpisodeChange, Origin } from './window-partition.js';

/** One matching event: where it stands in the log, and itself where it is to be carried along. */
export interface Evidence extends Origin {
  /** Event time, ms. */
  timeMs: number;
  event?: Record<string, unknown>;
}

/**
 * An alert's identity: rule, group and episode. Replaying the log gives the same one again. An episode is named by its
 * first fire as first seen, so it keeps its name when a late event moves that earlier.
 */
export function alertId(ruleId: string, groupLo: number, groupHi: number, anchor: number): string {
  const digest = createHash('sha256').update(`${ruleId}\n${groupLo}\n${groupHi}\n${anchor}`).digest();
  return digest.subarray(0, 12).toString('base64url');
}

/** The event that tells the world of an episode. */
export function alertEvent(
  change: EpisodeChange,
  group: Record<string, string>,
  evidence: readonly Evidence[],
): CloudEvent<Alert> {
  const { rule, view, position } = change;
  const { id: ruleId, name, title, version, owner, runbook, decision } = rule.info;
  const id = alertId(ruleId, view.groupLo, view.groupHi, view.anchor);
  return {
    specversion: '1.0',
    id: `${id}/${position.partition}/${position.offset}`,
    source: '/weir/detect',
    type: 'alert',
    subject: id,
    time: iso(view.lastSeen),
    data: {
      id,
      rule: { id: ruleId, name, title, version, owner, runbook },
      severity: rule.info.severity,
      state: view.state,
      mergedInto: view.mergedInto === null ? null : alertId(ruleId, view.groupLo, view.groupHi, view.mergedInto),
      group,
      timespan: rule.timespan,
      condition: rule.condition,
      firstSeen: iso(view.firstSeen),
      openedAt: iso(view.openedAt),
      lastSeen: iso(view.lastSeen),
      closedAt: view.closedAt === null ? null : iso(view.closedAt),
      value: view.value,
      peak: view.peak,
      events: view.events,
      expected: view.expected,
      shadow: rule.info.shadow,
      // Who sent events is not who acted in them.
      decision: isBySource(rule, group) ? null : decision,
      revision: view.revision,
      position,
      evidence: evidence.map(({ topic, partition, offset, timeMs, event }) => ({
        topic,
        partition,
        offset,
        time: iso(timeMs),
        ...(event ? { event } : {}),
      })),
    },
  };
}

const iso = (ms: number): string => new Date(ms).toISOString();
