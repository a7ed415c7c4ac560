import { createHash } from 'node:crypto';
import type { Alert } from '#libs/events';
import { takes } from './route.js';
import { dueAt, isGrouped, type NoticedAlert, noticed, resendMs, type Target, type Transition } from './target.js';

/** How far an alert was followed. */
export interface KnownAlert {
  state: Alert['state'];
  partition: number;
  offset: number;
  /** How many transitions there were. */
  transitions: number;
  /** Why nobody was told when it opened. */
  heldBack: string | null;
}

/** A target that was told of an alert. Times are milliseconds. */
export interface Conversation {
  target: string;
  alertId: string;
  open: boolean;
  alert: NoticedAlert;
  changedAt: number;
  resendAt: number | null;
}

/** A transition to be told. */
export interface OutboxRow {
  id: string;
  target: string;
  alertId: string;
  transition: Transition;
  alert: NoticedAlert;
  /** The key of the message that it is by itself; null: one is made of several. */
  message: string | null;
  dueAt: number;
}

export interface Following {
  targets: readonly Target[];
  /** By alert id, as far as they are known; they are brought up to date. */
  known: Map<string, KnownAlert>;
  /** By alert id. */
  conversations: Map<string, Conversation[]>;
  /** Why nobody is to be told of an alert, by its id. */
  heldBack: ReadonlyMap<string, string | null>;
  /** Those that were changed. */
  changed: Set<Conversation>;
  now: number;
}

/**
 * Follows one alert event: what there is to tell of it, and to whom. Every event carries the whole state, so whatever came
 * between two of them was not missed; an alert that is over when it is first heard of opened and closed. `quiet`: it was
 * there before anybody listened.
 */
export function follow(alert: Alert, following: Following, quiet: boolean): OutboxRow[] {
  if (alert.shadow || alert.retro) return [];
  const known = following.known.get(alert.id);
  const { partition, offset } = alert.position;
  if (known && known.partition === partition && known.offset >= offset) return [];
  const held = following.heldBack.get(alert.id) ?? null;
  const transitions = transitionsOf(alert, known, held);
  following.known.set(alert.id, {
    // One that was merged is over: that it is closed as well says nothing new.
    state: known?.state === 'merged' && alert.state === 'closed' ? 'merged' : alert.state,
    partition,
    offset,
    transitions: (known?.transitions ?? 0) + transitions.length,
    heldBack: heldBackNow(transitions, known, held),
  });
  if (quiet) return [];
  const told = noticed(alert);
  return transitions.flatMap((transition, i) => {
    const seq = (known?.transitions ?? 0) + i;
    if (transition === 'opened') return held === null ? open(told, seq, following) : [];
    return tell(transition, told, seq, following, held);
  });
}

function transitionsOf({ state }: Alert, known: KnownAlert | undefined, held: string | null): Transition[] {
  if (known?.state === 'open') {
    // Whatever held it back no longer does.
    if (state === 'open') return known.heldBack !== null && held === null ? ['opened'] : ['updated'];
    return [state];
  }
  if (state === 'open') return ['opened'];
  if (state === 'closed') return known === undefined ? ['opened', 'closed'] : [];
  return known?.state === 'closed' ? ['merged'] : [];
}

function heldBackNow(transitions: readonly Transition[], known: KnownAlert | undefined, held: string | null) {
  if (transitions.includes('opened')) return held;
  return transitions[0] === 'updated' ? (known?.heldBack ?? null) : null;
}

/** Tells all whom the alert concerns. */
function open(alert: NoticedAlert, seq: number, following: Following): OutboxRow[] {
  const { targets, conversations, changed, now } = following;
  const opened: NoticedAlert = { ...alert, state: 'open', closedAt: null };
  const takers = targets.filter((target) => takes(target, opened));
  const before = conversations.get(alert.id) ?? [];
  const others = before.filter(({ target }) => !takers.some(({ id }) => id === target));
  const begun = takers.map((target) => ({
    target: target.id,
    alertId: alert.id,
    open: true,
    alert: opened,
    changedAt: now,
    resendAt: target.settings.kind === 'alertmanager' ? now + resendMs(target) : null,
  }));
  conversations.set(alert.id, [...others, ...begun]);
  for (const conversation of before) if (!others.includes(conversation)) changed.delete(conversation);
  for (const conversation of begun) changed.add(conversation);
  return takers.map((target) => outboxRow(target, 'opened', opened, seq, now));
}

/** Tells those who were told that it opened. */
function tell(
  transition: Transition,
  alert: NoticedAlert,
  seq: number,
  { targets, conversations, changed, now }: Following,
  held: string | null,
): OutboxRow[] {
  const rows: OutboxRow[] = [];
  for (const conversation of conversations.get(alert.id) ?? []) {
    const target = targets.find(({ id }) => id === conversation.target);
    if (!target || (!conversation.open && transition !== 'merged')) continue;
    if (transition === 'updated') {
      // What is said again is what is known last.
      if (conversation.resendAt !== null) changed.add(Object.assign(conversation, { alert }));
      const { updatesSeconds } = target.settings;
      const soonest =
        updatesSeconds == null ? Number.POSITIVE_INFINITY : conversation.changedAt + updatesSeconds * 1_000;
      if (now < soonest || held !== null) continue;
    } else {
      conversation.open = false;
      conversation.resendAt = null;
    }
    changed.add(Object.assign(conversation, { alert, changedAt: now }));
    rows.push(outboxRow(target, transition, alert, seq, now));
  }
  return rows;
}

function outboxRow(target: Target, transition: Transition, alert: NoticedAlert, seq: number, now: number): OutboxRow {
  const digest = createHash('sha256').update(`${target.id}\n${alert.id}\n${seq}\n${transition}`).digest();
  const id = digest.subarray(0, 18).toString('base64url');
  const message = isGrouped(target) ? null : id;
  return { id, target: target.id, alertId: alert.id, transition, alert, message, dueAt: dueAt(target, now) };
}
