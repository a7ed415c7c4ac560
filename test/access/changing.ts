import { expect, vi } from 'vitest';
import type { TestWeir } from './weir.js';

/** What tests know of the things that they change. */
export interface Known {
  weir: TestWeir;
  /** An alert of the rule web-path-probing. */
  alert: string;
  /** Answers so far, by route: the last of each. */
  answers: Map<string, Record<string, unknown>>;
}

/** A request that changes something, and the entry of the audit log that tells of it. */
export interface Change {
  route: string;
  /** In place of the route's parameters; `?` and what follows behind. */
  path?: (known: Known) => Record<string, unknown>;
  query?: string;
  body?: (known: Known) => object;
  headers?: Record<string, string>;
  before?: (known: Known) => Promise<unknown>;
  action: string;
  subject: string | RegExp;
  /** A field of the answer that is told once. */
  secret?: string;
}

const text = (level: string, id = 'mine') =>
  `title: Mine\nid: ${id}\nname: ${id}\nlevel: ${level}\nlogsource: {category: webserver}\ndetection: {s: {sc-status: 404}, condition: s}\n`;
const ofAnswer = (route: string, name: string, field = 'id') => ({
  path: ({ answers }: Known) => ({ [name]: answers.get(route)![field] }),
});
const match = { group: { ip: ['192.0.2.99'] } };
const any = { 'if-match': '*' };
const rule = { path: () => ({ rule: 'mine' }), subject: 'rule:mine' };
const ofAlert = { path: ({ alert }: Known) => ({ id: alert }) };
const webhook = { path: () => ({ id: 'desk' }), subject: 'webhook:desk' };
const contest = { path: () => ({ contest: 'songs' }), subject: 'contest:songs' };

/** One for each route that changes what is kept, each after what it needs. */
export const changes: readonly Change[] = [
  { route: 'POST /api/v1/rules', body: () => ({ text: text('low') }), action: 'rule.created', subject: 'rule:mine' },
  {
    ...rule,
    route: 'PUT /api/v1/rules/:rule',
    body: () => ({ text: text('medium') }),
    headers: any,
    action: 'rule.changed',
  },
  { ...rule, route: 'POST /api/v1/rules/:rule/shadow', action: 'rule.shadowed' },
  { ...rule, route: 'POST /api/v1/rules/:rule/promote', action: 'rule.promoted' },
  { ...rule, route: 'POST /api/v1/rules/:rule/disable', action: 'rule.disabled' },
  { ...rule, route: 'POST /api/v1/rules/:rule/enable', action: 'rule.enabled' },
  {
    route: 'POST /api/v1/rules/import',
    body: () => ({ files: [{ file: 'other.yml', text: text('low', 'other') }] }),
    action: 'rule.created',
    subject: 'rule:other',
  },
  { ...rule, route: 'DELETE /api/v1/rules/:rule', action: 'rule.deleted' },
  {
    ...ofAlert,
    route: 'PATCH /api/v1/alerts/:id',
    body: () => ({ status: 'acknowledged' }),
    headers: any,
    action: 'alert.triaged',
    subject: /^alert:/,
  },
  {
    route: 'POST /api/v1/alerts/bulk',
    body: ({ alert }) => ({ ids: [alert], note: 'seen' }),
    action: 'alerts.triaged',
    subject: 'alerts',
  },
  { ...ofAlert, route: 'POST /api/v1/alerts/:id/fixture', action: 'fixture.saved', subject: /^alert:/ },
  {
    route: 'DELETE /api/v1/fixtures/:alert',
    path: ({ alert }) => ({ alert }),
    action: 'fixture.deleted',
    subject: /^alert:/,
  },
  {
    route: 'POST /api/v1/silences',
    body: () => ({ match, duration: '1h', reason: 'r' }),
    action: 'silence.created',
    subject: /^silence:/,
  },
  {
    ...ofAnswer('POST /api/v1/silences', 'id'),
    route: 'DELETE /api/v1/silences/:id',
    action: 'silence.ended',
    subject: /^silence:/,
  },
  {
    route: 'POST /api/v1/allowlists',
    body: () => ({ match, reason: 'r' }),
    action: 'allowlist.created',
    subject: /^allowlist:/,
  },
  {
    ...ofAnswer('POST /api/v1/allowlists', 'id'),
    route: 'DELETE /api/v1/allowlists/:id',
    action: 'allowlist.ended',
    subject: /^allowlist:/,
  },
  {
    route: 'POST /api/v1/decisions',
    body: () => ({ value: '192.0.2.99', duration: '1h', reason: 'r' }),
    action: 'decision.created',
    subject: /^decision:/,
  },
  {
    ...ofAnswer('POST /api/v1/decisions', 'id', 'uuid'),
    route: 'DELETE /api/v1/decisions/:id',
    action: 'decision.lifted',
    subject: /^decision:/,
  },
  {
    route: 'DELETE /api/v1/decisions',
    query: '?value=192.0.2.98',
    before: ({ weir }) =>
      weir.ask('/api/v1/decisions', {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ value: '192.0.2.98', duration: '1h', reason: 'r' }),
      }),
    action: 'decision.lifted',
    subject: /^decision:/,
  },
  {
    route: 'POST /api/v1/keys',
    body: () => ({ name: 'k', scopes: ['read'] }),
    action: 'key.created',
    subject: /^key:/,
    secret: 'key',
  },
  {
    ...ofAnswer('POST /api/v1/keys', 'id'),
    route: 'POST /api/v1/keys/:id/rotate',
    action: 'key.rotated',
    subject: /^key:/,
    secret: 'key',
  },
  {
    ...ofAnswer('POST /api/v1/keys', 'id'),
    route: 'DELETE /api/v1/keys/:id',
    action: 'key.revoked',
    subject: /^key:/,
  },
  {
    ...webhook,
    route: 'PUT /api/v1/webhooks/:id',
    // Nothing listens there.
    body: () => ({ kind: 'webhook', url: 'http://127.0.0.1:1/' }),
    action: 'webhook.created',
  },
  {
    ...webhook,
    route: 'POST /api/v1/webhooks/:id/secret',
    action: 'webhook.secrets',
    secret: 'secret',
  },
  { ...webhook, route: 'DELETE /api/v1/webhooks/:id/secret', action: 'webhook.secrets' },
  {
    ...webhook,
    route: 'POST /api/v1/webhooks/:id/deliveries/:n/redeliver',
    before: async ({ weir, answers }) => {
      const [{ n }] = await weir.database.query<{ n: string }[]>(
        `INSERT INTO sent.outbox (id, target, alert_id, transition, alert, message, state, put_at, due_at, give_up_at, done_at)
         VALUES ('o1', 'desk', 'a1', 'opened', $1, 'o1', 'dead', now(), now(), now(), now()) RETURNING n`,
        [JSON.stringify({ id: 'a1', rule: { name: 'mine' }, group: {} })],
      );
      answers.set('outbox', { n });
    },
    path: ({ answers }) => ({ id: 'desk', n: answers.get('outbox')!.n }),
    action: 'webhook.redelivered',
  },
  { ...webhook, route: 'DELETE /api/v1/webhooks/:id', action: 'webhook.deleted' },
  {
    route: 'POST /api/v1/contests',
    body: () => ({ id: 'songs', title: 'Songs', mode: 'approval', narrowing: { method: 'halving' } }),
    action: 'contest.created',
    subject: 'contest:songs',
  },
  {
    ...contest,
    route: 'PATCH /api/v1/contests/:contest',
    body: () => ({ title: 'The songs' }),
    action: 'contest.changed',
  },
  {
    ...contest,
    route: 'POST /api/v1/contests/:contest/rounds',
    body: () => ({ action: 'freeze' }),
    action: 'contest.round-frozen',
  },
  {
    route: 'POST /api/v1/backtests',
    body: () => ({ rules: ['web-path-probing'], write: true }),
    action: 'backtest.started',
    subject: /^backtest:[0-9a-f-]{36}$/,
  },
  {
    route: 'POST /api/v1/feed/:user/rebuild',
    path: () => ({ user: 'ann' }),
    before: async ({ weir }) => {
      await weir.ask('/api/v1/users/ann/relations/follow/bob', { method: 'PUT' });
      const people = "SELECT count(*)::integer AS n FROM computed.feed_user WHERE name = 'ann'";
      await vi.waitFor(async () => expect(await weir.database.query(people)).toEqual([{ n: 1 }]), 60_000);
    },
    action: 'feed.rebuilt',
    subject: 'feed:ann',
  },
  {
    route: 'POST /api/v1/groups/:group/positions',
    path: () => ({ group: 'idle' }),
    body: () => ({ to: 'latest' }),
    action: 'group.moved',
    subject: 'group:idle',
  },
  {
    route: 'POST /api/v1/projections/rebuild',
    body: () => ({ projections: ['feeds'] }),
    action: 'projections.rebuilt',
    subject: 'feeds',
  },
];

const event = 'what is said is an event on the log, which keeps it';
const question = 'a question: nothing changes';

/** Routes that are not in the audit log, and why. */
export const unnoted: Readonly<Record<string, string>> = {
  'POST /api/v1/events': event,
  'POST /api/v1/ingest/:stream': event,
  'POST /api/v2/alerts': event,
  'PUT /api/v1/contests/:contest/entries/:entry': event,
  'DELETE /api/v1/contests/:contest/entries/:entry': event,
  'PUT /api/v1/contests/:contest/votes/:voter': event,
  'DELETE /api/v1/contests/:contest/votes/:voter': event,
  'PUT /api/v1/users/:user/relations/:kind/:target': event,
  'DELETE /api/v1/users/:user/relations/:kind/:target': event,
  'POST /api/v1/feed/:user/feedback': event,
  'POST /api/v1/rules/check': question,
  'POST /api/v1/fixtures/test': question,
  'POST /api/v1/silences/preview': question,
  'POST /api/v1/allowlists/preview': question,
  'POST /api/v1/audit': question,
  'POST /v1/usage-metrics': 'what bouncers send is not kept',
  'POST /api/v1/webhooks/:id/test': 'a message that is made up: nothing of ours changes',
  'DELETE /api/v1/backtests/:backtest':
    'it ends, or is forgotten by the process: what it wrote was noted when it began',
  'POST /auth/logout': 'one’s own session',
};

/** Routes of these that take an Idempotency-Key all the same. */
export const onceAsEvent = ['POST /api/v1/events', 'POST /api/v1/ingest/:stream', 'POST /api/v1/feed/:user/feedback'];
