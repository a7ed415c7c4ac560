import { createTransport } from 'nodemailer';
import { placeOf } from '../addresses.js';
import { NotificationError } from '../errors.js';
import type { Message, Target } from '../target.js';
import { facts, headline, line, spelledOut } from '../words.js';

const subjectCharsMax = 200;

/**
 * Sends it by SMTP; resolves with the server's code, and with whom it did not take it for, where it took it for others. Its
 * Message-ID is the same at every attempt.
 */
export async function sendMail(
  { settings }: Target,
  message: Message,
  networks: readonly string[],
  timeoutMs: number,
): Promise<{ status: number; problem: string | null }> {
  const url = new URL(settings.url);
  const { address } = await placeOf(url.hostname, networks);
  const secure = url.protocol === 'smtps:';
  const transport = createTransport({
    host: address,
    port: Number(url.port) || (secure ? 465 : 587),
    secure,
    // The certificate is that of the name, though it is the address that is connected to.
    ...(url.hostname !== address && { tls: { servername: url.hostname } }),
    ...(url.username && {
      auth: { user: decodeURIComponent(url.username), pass: decodeURIComponent(url.password) },
    }),
    connectionTimeout: timeoutMs,
    greetingTimeout: timeoutMs,
    socketTimeout: timeoutMs,
    disableFileAccess: true,
    disableUrlAccess: true,
  });
  try {
    const sending = transport.sendMail({
      from: settings.from,
      to: settings.to,
      subject: oneLine(headline(message)).slice(0, subjectCharsMax),
      text: textOf(message),
      messageId: `<${message.key}@weir>`,
      headers: { 'Idempotency-Key': message.key, 'Auto-Submitted': 'auto-generated' },
    });
    const { response, rejected } = await sending;
    const problem = rejected.length > 0 ? `not taken for ${rejected.join(', ')}` : null;
    return { status: Number(/^\d{3}/.exec(response)?.[0] ?? 250), problem };
  } catch (error) {
    const { responseCode, message: said } = error as Error & { responseCode?: number };
    throw new NotificationError('TARGET_REFUSED', `${url.host}: ${oneLine(said)}`, { status: responseCode ?? null });
  } finally {
    transport.close();
  }
}

function textOf(message: Message): string {
  const { told, more } = spelledOut(message);
  const lines = told.map(({ transition, alert }) => `${line(transition, alert)}\n  ${facts(alert)}`);
  if (more > 0) lines.push(`and ${more} more`);
  return `${lines.join('\n\n')}\n`;
}

const oneLine = (text: string): string => text.replaceAll(/\s+/g, ' ').trim();
