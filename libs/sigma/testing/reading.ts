type Fields = Readonly<Record<string, unknown>>;
type Reading = (event: Fields) => boolean;

/**
 * What a small part of Sigma means, read from the specification a second time and by other means: regular expressions
 * of the language for values, its own operators for conditions. `unknown`: beyond that part.
 */
export function readingOf(rule: unknown): Reading | 'unknown' {
  const { detection } = rule as { detection: Fields };
  const { condition, ...blocks } = detection;
  const names = Object.keys(blocks);
  const selections = names.map((name) => selectionOf(blocks[name]));
  const holds = conditionOf(condition, names);
  if (holds === undefined || selections.includes(undefined)) return 'unknown';
  return (event) => holds(selections.map((selection) => selection!(event)));
}

function selectionOf(block: unknown): Reading | undefined {
  if (typeof block !== 'object' || block === null || Array.isArray(block)) return undefined;
  const items = Object.entries(block).map(([key, value]) => itemOf(key.split('|'), [value].flat()));
  return items.includes(undefined) ? undefined : (event) => items.every((item) => item!(event));
}

const known = ['contains', 'startswith', 'endswith', 'all', 'neq', 'cased'];

function itemOf([field = '', ...modifiers]: readonly string[], values: readonly unknown[]): Reading | undefined {
  if (field === '' || field.includes('.') || modifiers.some((modifier) => !known.includes(modifier))) return undefined;
  if (!values.every((value) => typeof value === 'string' || Number.isSafeInteger(value))) return undefined;
  const tests = values.map((value) => regexOf(String(value), modifiers));
  return (event) => {
    const value = event[field];
    const holds = (test: RegExp) => value !== undefined && value !== null && test.test(String(value));
    return (modifiers.includes('all') ? tests.every(holds) : tests.some(holds)) !== modifiers.includes('neq');
  };
}

function regexOf(value: string, modifiers: readonly string[]): RegExp {
  const has = (name: string) => modifiers.includes(name);
  const body = value.replace(/\\[*?\\]|[\s\S]/g, (sign) => {
    if (sign === '*') return '[^]*';
    if (sign === '?') return '[^]';
    return `\\u${sign
      .charCodeAt(sign.length - 1)
      .toString(16)
      .padStart(4, '0')}`;
  });
  const before = has('contains') || has('endswith') ? '[^]*' : '';
  const after = has('contains') || has('startswith') ? '[^]*' : '';
  return new RegExp(`^${before}${body}${after}$`, has('cased') ? '' : 'i');
}

const operators: Record<string, string> = { and: '&&', or: '||', not: '!', '(': '(', ')': ')' };

/** The condition in the language's own operators, which bind as Sigma's do; `f` holds a fact for each name. */
function conditionOf(
  condition: unknown,
  names: readonly string[],
): ((facts: readonly boolean[]) => boolean) | undefined {
  if (typeof condition !== 'string') return undefined;
  // Named like an operator a selection can be meant by a pattern only, which is written out here.
  if (names.some((name) => Object.hasOwn(operators, name))) return undefined;
  const matching = (pattern: string) =>
    names.filter((name) => new RegExp(`^${pattern.replaceAll('*', '.*')}$`).test(name));
  const some = condition.replace(/\b(1|all) of (them|[\w*]+)/g, (_, quantity: string, pattern: string) => {
    const of = pattern === 'them' ? names.filter((name) => !name.startsWith('_')) : matching(pattern);
    return of.length === 0 ? '!' : `(${of.join(quantity === '1' ? ' or ' : ' and ')})`;
  });
  const words = some.match(/[()]|[^\s()]+/g) ?? [];
  const code = words.map(
    (word): string | undefined => operators[word] ?? (names.includes(word) ? `f[${names.indexOf(word)}]` : undefined),
  );
  if (code.includes(undefined)) return undefined;
  try {
    return new Function('f', `return ${code.join(' ')}`) as (facts: readonly boolean[]) => boolean;
  } catch {
    return () => {
      throw new TypeError(`The condition ${condition} means nothing: ${code.join(' ')}`);
    };
  }
}
