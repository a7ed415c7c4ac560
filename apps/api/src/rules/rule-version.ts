import Type, { type Static } from 'typebox';
import type { RuleVersion } from '#libs/storage';

export const states = ['enabled', 'shadow', 'disabled'] as const;

export const Version = Type.Object({
  change: Type.Integer({ description: 'Grows with every change to any rule' }),
  action: Type.Enum(['created', 'changed', 'deleted', 'enabled', 'disabled', 'shadowed', 'promoted']),
  version: Type.Integer(),
  state: Type.Union([Type.Enum([...states]), Type.Null()], { description: 'Null: the rule went' }),
  source: Type.Enum(['file', 'database']),
  actor: Type.String({ description: 'The id of a key, or `file`' }),
  at: Type.String({ format: 'date-time' }),
  text: Type.String(),
});

export const VersionList = Type.Object({ items: Type.Array(Version), next: Type.Null() });

export function versionList(history: readonly RuleVersion[]): Static<typeof VersionList> {
  const items = history.map(({ change, action, version, state, source, actor, at, text }) => ({
    change,
    action,
    version,
    state,
    source,
    actor,
    at: new Date(at).toISOString(),
    text,
  }));
  return { items, next: null };
}
