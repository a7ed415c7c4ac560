import { placeOf } from './addresses.js';
import { NotificationError } from './errors.js';
import type { TargetSettings } from './target.js';

/** Makes sure that settings say how to reach a place that may be reached. Rejects with TARGET_*. */
export async function checkTarget(settings: TargetSettings, networks: readonly string[]): Promise<void> {
  const { kind, url: text, from, to, waitSeconds, digest, resendSeconds } = settings;
  const schemes = kind === 'mail' ? ['smtp:', 'smtps:'] : ['http:', 'https:'];
  const url = URL.canParse(text) ? new URL(text) : null;
  if (!url || !schemes.includes(url.protocol) || url.hostname === '') {
    throw invalid('url', `must be a URL that starts with ${schemes.map((scheme) => `${scheme}//`).join(' or ')}`);
  }
  const isMail = kind === 'mail';
  if (isMail && (from === undefined || to === undefined)) {
    throw invalid(from === undefined ? 'from' : 'to', 'is missing: mail needs a sender and recipients');
  }
  if (!isMail && (from !== undefined || to !== undefined)) throw invalid('to', `is of mail only: ${kind} has a url`);
  if (waitSeconds != null && digest != null)
    throw invalid('digest', 'says when to tell, and so does waitSeconds: choose one');
  if (kind !== 'alertmanager' && resendSeconds !== undefined) throw invalid('resendSeconds', 'is of alertmanager only');
  for (const address of [from, ...(to ?? [])]) {
    if (address !== undefined && !/^[^\s@<>,]+@[^\s@<>,]+$/.test(address)) {
      throw invalid(address === from ? 'from' : 'to', `${JSON.stringify(address)} is no mail address`);
    }
  }
  await placeOf(url.hostname, networks);
}

const invalid = (field: string, message: string): NotificationError =>
  new NotificationError('TARGET_INVALID', `${field} ${message}.`, { field });

const hidden = '***';

/** A URL without the password that it may hold. */
export function withoutPassword(text: string): string {
  const url = new URL(text);
  if (url.password === '') return text;
  url.password = hidden;
  return url.href;
}

/**
 * The settings as they were meant: a password that was shown as stars is the one that there was, for the same user of the
 * same host. Throws TARGET_INVALID for another one.
 */
export function withPassword(settings: TargetSettings, known: TargetSettings | undefined): TargetSettings {
  const url = URL.canParse(settings.url) ? new URL(settings.url) : null;
  if (url?.password !== hidden) return settings;
  const before = known && new URL(known.url);
  if (before?.host !== url.host || before.username !== url.username) {
    throw invalid('url', 'hides its password: give it, since it was kept for another user or host');
  }
  url.password = before.password;
  return { ...settings, url: url.href };
}
