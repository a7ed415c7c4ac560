import { createHmac, randomBytes } from 'node:crypto';

const prefix = 'whsec_';

/** A secret in the form of Standard Webhooks. */
export const makeSecret = (): string => prefix + randomBytes(32).toString('base64');

/**
 * The headers of a signed request, as the Standard Webhooks specification 1.0 has them: HMAC-SHA256 of id, time and body,
 * once for each secret, so that a receiver may know either while one takes the other's place.
 */
export function signedHeaders(key: string, body: string, secrets: readonly string[], now: number) {
  const timestamp = String(Math.floor(now / 1_000));
  const sign = (secret: string) =>
    createHmac('sha256', Buffer.from(secret.slice(prefix.length), 'base64'))
      .update(`${key}.${timestamp}.${body}`)
      .digest('base64');
  return {
    'webhook-id': key,
    'webhook-timestamp': timestamp,
    'webhook-signature': secrets.map((secret) => `v1,${sign(secret)}`).join(' '),
  };
}
