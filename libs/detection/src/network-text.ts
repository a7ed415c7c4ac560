import ipaddr from 'ipaddr.js';

const bits = { ipv4: 24, ipv6: 64 };

/**
 * The network of an address that one customer may have all of: `192.0.2.0/24`, `2001:db8::/64`. IPv4 written as IPv6 (`::ffff:192.0.2.7`) is
 * IPv4; undefined for what is no address.
 */
export function networkText(address: string): string | undefined {
  if (ipaddr.IPv4.isValidFourPartDecimal(address))
    return `${address.slice(0, address.lastIndexOf('.'))}.0/${bits.ipv4}`;
  if (!address.includes(':') || !ipaddr.IPv6.isValid(address)) return undefined;
  const read = ipaddr.process(address);
  if (read instanceof ipaddr.IPv4) return networkText(read.toString());
  const first = read.toByteArray().fill(0, bits.ipv6 / 8);
  return `${new ipaddr.IPv6(first).toRFC5952String()}/${bits.ipv6}`;
}
