import ipaddr from 'ipaddr.js';

/** An IP network, or a single address as one of all its bits. IPv4 written as IPv6 (`::ffff:192.0.2.7`) is IPv4. */
export interface Network {
  family: 4 | 6;
  bits: number;
  /** Of its first address: 4 or 16. */
  bytes: readonly number[];
}

/** Reads `192.0.2.7`, `192.0.2.0/24`, `2001:db8::/32`; undefined for anything else, and where address bits are set beyond the prefix. */
export function parseNetwork(text: string): Network | undefined {
  const [host, prefix, ...rest] = text.split('/');
  if (rest.length > 0 || host.includes('%')) return undefined;
  if (prefix !== undefined && !/^\d{1,3}$/.test(prefix)) return undefined;
  if (!ipaddr.IPv4.isValidFourPartDecimal(host) && !(host.includes(':') && ipaddr.IPv6.isValid(host))) return undefined;
  const written = ipaddr.parse(host);
  const bytesAll = written.toByteArray();
  const bitsAll = bytesAll.length * 8;
  const bitsWritten = prefix === undefined ? bitsAll : Number(prefix);
  if (bitsWritten > bitsAll) return undefined;
  const isMapped = written.kind() === 'ipv6' && (written as ipaddr.IPv6).isIPv4MappedAddress() && bitsWritten >= 96;
  const bytes = isMapped ? bytesAll.slice(12) : bytesAll;
  const bits = isMapped ? bitsWritten - 96 : bitsWritten;
  const first = { family: bytes.length === 4 ? 4 : 6, bits, bytes: cut(bytes, bits) } as const;
  return bytes.every((byte, i) => byte === first.bytes[i]) ? first : undefined;
}

/** As people write it: an address without its prefix. */
export function networkText(network: Network): string {
  const first = addressText(network);
  return isAddress(network) ? first : `${first}/${network.bits}`;
}

export function isAddress({ bits, bytes }: Network): boolean {
  return bits === bytes.length * 8;
}

/** The network of so many bits that this one lies in; itself where it is no smaller. */
export function widen(network: Network, bits: number): Network {
  return bits >= network.bits ? network : { ...network, bits, bytes: cut(network.bytes, bits) };
}

export function contains(outer: Network, inner: Network): boolean {
  return outer.family === inner.family && outer.bits <= inner.bits && keyOf(outer) === keyOf(widen(inner, outer.bits));
}

/** Networks overlap where one holds the other. */
export function overlaps(a: Network, b: Network): boolean {
  return contains(a, b) || contains(b, a);
}

/** The same for the same network only. */
export function keyOf({ bits, bytes }: Network): string {
  return `${bytes.join('.')}/${bits}`;
}

function addressText({ bytes }: Network): string {
  const address = ipaddr.fromByteArray([...bytes]);
  return address.kind() === 'ipv6' ? (address as ipaddr.IPv6).toRFC5952String() : address.toString();
}

function cut(bytes: readonly number[], bits: number): number[] {
  return bytes.map((byte, i) => byte & (0xff00 >> Math.min(8, Math.max(0, bits - i * 8))) & 0xff);
}
