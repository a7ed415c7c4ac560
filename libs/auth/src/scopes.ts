/** What a key may do. `admin` may do everything. */
export const allScopes = ['ingest', 'read', 'triage', 'rules', 'decisions', 'bouncer', 'admin'] as const;
export type Scope = (typeof allScopes)[number];

/** Who asks: the key's id and name, and what it may do. */
export interface Principal {
  id: string;
  name: string;
  scopes: readonly Scope[];
}

/** Whether these scopes allow what needs `wanted`; `admin` allows all, and who may decide may see what bouncers see. */
export function includesScope(scopes: readonly Scope[], wanted: Scope): boolean {
  if (wanted === 'bouncer' && scopes.includes('decisions')) return true;
  return scopes.includes(wanted) || scopes.includes('admin');
}
