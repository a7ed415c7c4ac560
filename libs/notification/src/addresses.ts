import { lookup } from 'node:dns/promises';
import ipaddr from 'ipaddr.js';
import { NotificationError } from './errors.js';

export interface Place {
  address: string;
  family: 4 | 6;
}

/**
 * Where a host is, if notifications may go there: a public address, or one in a network that is allowed. All that its name
 * stands for must be, since anybody can point a name of theirs to a machine of ours. Who connects to what this gave
 * connects to what was checked. Rejects with TARGET_*.
 */
export async function placeOf(host: string, allowed: readonly string[]): Promise<Place> {
  const name = host.replace(/^\[(.*)\]$/, '$1');
  const found = ipaddr.isValid(name) ? [{ address: name }] : await resolve(name);
  for (const { address } of found) {
    if (mayReach(address, allowed)) continue;
    throw new NotificationError(
      'TARGET_ADDRESS_FORBIDDEN',
      `${host} is ${address}, which is not a public address: add its network to WEIR_NOTIFY_NETWORKS if notifications may go there.`,
      { host, address },
    );
  }
  const [{ address }] = found;
  return { address, family: ipaddr.parse(address).kind() === 'ipv4' ? 4 : 6 };
}

async function resolve(name: string): Promise<{ address: string }[]> {
  try {
    const found = await lookup(name, { all: true, verbatim: true });
    if (found.length > 0) return found;
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    throw new NotificationError(
      'TARGET_HOST_UNKNOWN',
      `${name} has no address (${code}).`,
      { host: name, reason: code },
      { cause },
    );
  }
  throw new NotificationError('TARGET_HOST_UNKNOWN', `${name} has no address.`, { host: name });
}

function mayReach(address: string, allowed: readonly string[]): boolean {
  // `process` unwraps IPv4 addresses in IPv6 ones.
  const parsed = ipaddr.process(address);
  if (parsed.range() === 'unicast') return true;
  return allowed.some((network) => {
    const [range, bits] = ipaddr.parseCIDR(network);
    return range.kind() === parsed.kind() && parsed.match(range, bits);
  });
}
