/** What a key may do. `admin` may do everything. */
export const allScopes = ['ingest', 'read', 'triage', 'rules', 'decisions', 'admin'] as const;
export type Scope = (typeof allScopes)[number];

/** Who asks: the key's id and name, and what it may do. */
export interface Principal {
  id: string;
  name: string;
  scopes: readonly Scope[];
}

/** Whether these scopes allow what needs `wanted`; `admin` allows all. */
export function includesScope(scopes: readonly Scope[], wanted: Scope): boolean {
  return scopes.includes(wanted) || scopes.includes('admin');
}
