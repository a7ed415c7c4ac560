/**
 * The network of an address `ip`, as rules have it in `$network` (libs/detection): of IPv4, also written as IPv6, the /24, of IPv6 the /64. Its zone
 * is left out. Most addresses are plain IPv4, and cut as text. Every `ip` of a vote is an address: the schema of votes sees to it.
 */
export const networkOf = (ip: string): string => {
  const address = `regexp_replace(host(split_part(${ip}, '%', 1)::inet), '^::ffff:(?=[0-9]+[.])', '')::inet`;
  return `CASE WHEN strpos(${ip}, ':') = 0 THEN rtrim(${ip}, '0123456789') || '0/24'
    ELSE network(set_masklen(${address}, CASE family(${address}) WHEN 4 THEN 24 ELSE 64 END))::text END`;
};
