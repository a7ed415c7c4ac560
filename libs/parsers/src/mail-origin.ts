import ipaddr from 'ipaddr.js';
import { isAddress } from '#libs/events';

/** Who handed a mail over, as a server on its way noted it. */
export interface MailOrigin {
  ip: string;
  /** The name it gave itself. */
  helo?: string;
}

/**
 * The first sender outside of our own network: of the `Received` headers, newest first, the first that names a public
 * address. The ones below it are the sender's own and may be made up.
 */
export function mailOrigin(received: readonly string[]): MailOrigin | undefined {
  for (const header of received) {
    const from = /^\s*from\s(.*?)(?:\sby\s|;|$)/is.exec(header.slice(0, 1_000))?.[1];
    const ip = from === undefined ? undefined : publicAddress(from);
    if (ip !== undefined)
      return { ip, helo: /\bHELO[ =]([^\s()]+)/i.exec(from!)?.[1] ?? /^[^\s()[\]]+/.exec(from!)?.[0] };
  }
  return undefined;
}

function publicAddress(text: string): string | undefined {
  for (const [, candidate] of text.matchAll(/[[(](?:IPv6:)?([0-9A-Fa-f:.]{3,45})[\])]/gi)) {
    if (isAddress(candidate) && ipaddr.process(candidate).range() === 'unicast') return candidate;
  }
  return undefined;
}
