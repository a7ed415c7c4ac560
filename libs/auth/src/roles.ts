import type { Scope } from './scopes.js';

/** What people may do, the least first: each may do what those before it may. */
export const roles = ['viewer', 'analyst', 'engineer', 'admin'] as const;
export type Role = (typeof roles)[number];

const SCOPES: Readonly<Record<Role, readonly Scope[]>> = {
  viewer: ['read'],
  analyst: ['read', 'triage'],
  engineer: ['read', 'triage', 'rules', 'decisions'],
  admin: ['admin'],
};

export function scopesOf(role: Role): readonly Scope[] {
  return SCOPES[role];
}

/** The highest role that these groups give; null: none of them gives one. */
export function roleOf(groups: readonly string[], given: ReadonlyMap<string, Role>): Role | null {
  const mine = groups.flatMap((group) => given.get(group) ?? []);
  return roles.findLast((role) => mine.includes(role)) ?? null;
}
