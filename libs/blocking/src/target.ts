import { isAddress, type Network, networkText, parseNetwork, widen } from '#libs/silencing';
import { canonicalScope } from './decision.js';

/** How wide a range is that an address stands for. */
const RANGE_BITS = { 4: 24, 6: 64 } as const;
const VALUE_CHARS_MAX = 500;

export interface Target {
  scope: string;
  /** Empty: the group has nothing that such a decision could be about. */
  value: string;
}

/**
 * What a decision with this scope is about, of a group. `Ip`: the field `ip`, else the first that holds an address.
 * `Range`: the first that holds a network, else the /24 or /64 of the address. Any other: the field of that name
 * (`country`, `user`), else the first.
 */
export function targetOf(scope: string, group: Readonly<Record<string, unknown>>): Target {
  const name = canonicalScope(scope);
  const values = Object.entries(group).map(([field, value]) => [field, textOf(value)] as const);
  const named = values.filter(([field]) => field.toLowerCase() === name.toLowerCase());
  const inOrder = [...named, ...values].map(([, text]) => text);
  if (name === 'Ip') {
    const address = networksIn([...values.filter(([field]) => field === 'ip'), ...values]).find(isAddress);
    return { scope: name, value: address ? networkText(address) : '' };
  }
  if (name === 'Range') {
    const networks = networksIn([...named, ...values]);
    const range = networks.find((network) => !isAddress(network)) ?? networks[0];
    if (!range) return { scope: name, value: '' };
    return { scope: name, value: networkText(isAddress(range) ? widen(range, RANGE_BITS[range.family]) : range) };
  }
  const value = inOrder.find((text) => text !== '') ?? '';
  return { scope: name, value: value.length > VALUE_CHARS_MAX ? '' : value };
}

function networksIn(values: readonly (readonly [string, string])[]): Network[] {
  return values.flatMap(([, text]) => parseNetwork(text) ?? []);
}

function textOf(value: unknown): string {
  if (value === null || value === undefined) return '';
  return typeof value === 'string' ? value : JSON.stringify(value);
}
