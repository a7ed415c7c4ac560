import Type, { type Static } from 'typebox';
import { TargetSettings, withoutPassword } from '#libs/notification';
import type { StoredTarget } from '#libs/storage';
import { invalidQuery } from '../http/problems.js';

const Instant = Type.String({ format: 'date-time' });

export const Webhook = Type.Object({
  id: Type.String(),
  ...TargetSettings.properties,
  url: Type.String({ description: 'Without its password, which is shown as ***' }),
  secrets: Type.Integer({
    description: 'How many secrets messages are signed with; two while one takes the place of the other',
  }),
  actor: Type.String({ description: 'Who changed it last: the id of a key' }),
  changedAt: Instant,
});
export type Webhook = Static<typeof Webhook>;

const secret = Type.String({ description: 'What messages are signed with: shown this once' });
export const WrittenWebhook = Type.Object({ ...Webhook.properties, secret: Type.Optional(secret) });
export const NewSecret = Type.Object({ secret });
export const WebhookList = Type.Object({ items: Type.Array(Webhook), next: Type.Null() });

export function webhookWire({ id, settings, secrets, actor, at }: StoredTarget): Webhook {
  return {
    id,
    ...settings,
    url: withoutPassword(settings.url),
    secrets: secrets.length,
    actor,
    changedAt: new Date(at).toISOString(),
  };
}

/** A target's ETag is the number of its version. */
export const etagOf = ({ version }: StoredTarget): string => `"${version}"`;

/** The version that If-Match names; null for nothing or `*`: whatever is there. Throws a 400 problem where it is none of ours. */
export function expectedOf(ifMatch: string | undefined): number | null {
  if (ifMatch === undefined || ifMatch === '*') return null;
  const [, version] = /^"(\d{1,9})"$/.exec(ifMatch.trim()) ?? [];
  if (version !== undefined) return Number(version);
  throw invalidQuery([{ field: 'If-Match', message: 'must be the ETag of the webhook, as GET gave it' }]);
}
