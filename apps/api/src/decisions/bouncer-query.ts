import Type from 'typebox';
import { canonicalScope, type DecisionFilter } from '#libs/blocking';
import { parseNetwork } from '#libs/silencing';
import { invalidQuery } from '../http/problems.js';

const list = (description: string) => Type.Optional(Type.String({ description: `${description}, apart by commas` }));

const common = {
  scopes: list('Scopes'),
  origins: list('weir (rules) or cscli (people)'),
  scenarios_containing: list('Parts of names of rules'),
  scenarios_not_containing: list('Parts of names of rules'),
  type: Type.Optional(Type.String({ description: 'ban, captcha or throttle' })),
  value: Type.Optional(Type.String({ description: 'Exactly this' })),
  ip: Type.Optional(Type.String({ description: 'Decisions that hold this address' })),
  range: Type.Optional(Type.String({ description: 'Decisions that hold this network' })),
  contains: Type.Optional(Type.String({ description: 'false: decisions that lie in it instead' })),
};

export const BouncerQuery = Type.Object(common);
export const StreamQuery = Type.Object({
  startup: Type.Optional(
    Type.String({ description: 'true: all that is active; else what changed since the last time' }),
  ),
  ...common,
});

type Raw = Readonly<Record<string, unknown>>;

/** What a bouncer asks for. What is not known is ignored: other versions of bouncers ask for more. */
export function bouncerFilter(raw: Raw): DecisionFilter {
  const first = (name: string): string | undefined => {
    const value = [raw[name]].flat()[0];
    return typeof value === 'string' && value !== '' ? value : undefined;
  };
  const words = (name: string): string[] | undefined => first(name)?.split(',');
  const lower = (name: string): string[] | undefined => words(name)?.map((word) => word.toLowerCase());
  const around = first('ip') === undefined ? 'range' : 'ip';
  const network = first(around) === undefined ? undefined : parseNetwork(first(around)!);
  if (first(around) !== undefined && !network)
    throw invalidQuery([{ field: around, message: 'must be an address or a network' }]);
  return {
    scopes: (words('scopes') ?? words('scope'))?.map(canonicalScope),
    types: words('type'),
    value: first('value'),
    origins: words('origins'),
    containing: lower('scenarios_containing'),
    notContaining: lower('scenarios_not_containing'),
    network,
    inside: first('contains') === 'false',
  };
}
