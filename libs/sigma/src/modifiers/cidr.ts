import ipaddr from 'ipaddr.js';
import { type Operator } from './modifier.js';

/** The field is an IP address inside the network. IPv4 networks also hold IPv4 addresses written as `::ffff:a.b.c.d`. */
export const cidr: Operator = {
  kind: 'operator',
  name: 'cidr',
  compile: ({ value, node }, { problem }) => {
    const network = parseNetwork(String(value));
    if (network === undefined)
      return problem(node, `\`${value}\` is not an IP network`, 'Write it as `10.0.0.0/8` or `2001:db8::/32`');
    const { address, bits, first } = network;
    if (address.toString() !== first.toString())
      return problem(node, `\`${value}\` has address bits set beyond /${bits}`, `Write \`${first}/${bits}\``);
    const inside =
      first.kind() === 'ipv4' ? insideV4(first as ipaddr.IPv4, bits) : insideV6(first as ipaddr.IPv6, bits);
    return { on: 'scalar', cost: 4, test: (v) => typeof v === 'string' && inside(v) };
  },
};

type Address = ipaddr.IPv4 | ipaddr.IPv6;

function parseNetwork(text: string): { address: Address; bits: number; first: Address } | undefined {
  const [host = '', prefix, ...rest] = text.split('/');
  const v4 = ipaddr.IPv4.isValidFourPartDecimal(host);
  if (rest.length > 0 || (!v4 && !(host.includes(':') && ipaddr.IPv6.isValid(host)))) return undefined;
  const bitsMax = v4 ? 32 : 128;
  const bits = prefix === undefined ? bitsMax : /^\d{1,3}$/.test(prefix) ? Number(prefix) : Number.NaN;
  if (!(bits <= bitsMax)) return undefined;
  const address: Address = v4 ? ipaddr.IPv4.parse(host) : ipaddr.IPv6.parse(host);
  const bytes = address
    .toByteArray()
    .map((byte, at) => byte & (0xff00 >> Math.min(8, Math.max(0, bits - at * 8))) & 0xff);
  return { address, bits, first: ipaddr.fromByteArray(bytes) };
}

function insideV4(first: ipaddr.IPv4, bits: number): (text: string) => boolean {
  const mask = bits === 0 ? 0 : -1 << (32 - bits);
  const network = v4Number(first.toString()) & mask;
  return (text) => {
    const address = v4Number(text);
    return address >= 0 && (address & mask) === network;
  };
}

function insideV6(first: ipaddr.IPv6, bits: number): (text: string) => boolean {
  return (text) => text.includes(':') && ipaddr.IPv6.isValid(text) && ipaddr.IPv6.parse(text).match(first, bits);
}

const mappedPrefix = '::ffff:';

/** A dotted IPv4 address as an unsigned number, -1 for anything else; allocates nothing. */
function v4Number(text: string): number {
  let at = text.length > 9 && text.startsWith(mappedPrefix) ? mappedPrefix.length : 0;
  let address = 0;
  for (let part = 0; part < 4; part++) {
    let byte = 0;
    const start = at;
    for (; at < text.length && at - start < 3; at++) {
      const digit = text.charCodeAt(at) - 48;
      if (digit < 0 || digit > 9) break;
      byte = byte * 10 + digit;
    }
    if (at === start || byte > 255) return -1;
    if (part < 3 && text.charCodeAt(at++) !== 46) return -1;
    address = address * 256 + byte;
  }
  return at === text.length ? address : -1;
}
