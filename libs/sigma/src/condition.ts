import { compilePattern, parsePattern } from './wildcard.js';

/**
 * Sigma's condition language, from loosest to tightest: `or`, `and`, `not`, `1 of x*` / `all of x*` / `... of them`,
 * parentheses, the name of a search identifier.
 */
export type Condition =
  | { kind: 'name'; name: string }
  | { kind: 'not'; of: Condition }
  | { kind: 'and' | 'or'; of: readonly Condition[] };

export interface ConditionFault {
  /** Offset into the condition's text. */
  offset: number;
  reason: string;
  hint: string;
}

/** Parentheses and `not` may nest this deep. */
export const conditionDepthMax = 50;

interface Token {
  text: string;
  offset: number;
}

/** Parses a condition over the given search identifiers; `of` selectors come back resolved to the names they select. */
export function parseCondition(text: string, names: readonly string[]): Condition | ConditionFault {
  try {
    return new Parser(text, names).parse();
  } catch (fault) {
    if (fault instanceof Fault) return fault;
    throw fault;
  }
}

class Fault implements ConditionFault {
  constructor(
    readonly offset: number,
    readonly reason: string,
    readonly hint: string,
  ) {}
}

const keywords = new Set(['and', 'or', 'not', 'of', 'them']);

class Parser {
  readonly #tokens: Token[] = [];
  #next = 0;
  #depth = 0;

  constructor(
    private readonly text: string,
    private readonly names: readonly string[],
  ) {}

  parse(): Condition {
    this.#tokenize();
    if (this.#tokens.length === 0)
      throw new Fault(0, 'The condition is empty', 'Name a search identifier, for example `condition: selection`');
    const condition = this.#or();
    const rest = this.#tokens[this.#next];
    if (rest) throw this.#outOfPlace(rest, 'Join search identifiers with `and` or `or`');
    return condition;
  }

  #tokenize(): void {
    for (const { 0: text, index } of this.text.matchAll(/[()]|[\w*.-]+|\S/gu)) {
      if (text === '|')
        throw new Fault(
          index,
          'Aggregation after `|` in a condition is no longer part of Sigma',
          'Write a correlation rule (`correlation:` with `type: event_count`) in a further document',
        );
      if (!/^[()]$|^[\w*.-]+$/.test(text))
        throw new Fault(
          index,
          `\`${text}\` has no meaning in a condition`,
          'Use names, `and`, `or`, `not`, `1 of`, `all of` and parentheses',
        );
      this.#tokens.push({ text, offset: index });
    }
  }

  #or(): Condition {
    return this.#chain('or', () => this.#chain('and', () => this.#not()));
  }

  #chain(kind: 'and' | 'or', operand: () => Condition): Condition {
    const of = [operand()];
    while (this.#accept(kind)) of.push(operand());
    return of.length === 1 ? of[0]! : { kind, of };
  }

  #not(): Condition {
    const token = this.#tokens[this.#next];
    if (!this.#accept('not')) return this.#operand();
    return this.#nested(token!.offset, () => ({ kind: 'not', of: this.#not() }));
  }

  #nested(offset: number, parse: () => Condition): Condition {
    if (++this.#depth > conditionDepthMax)
      throw new Fault(offset, `The condition nests deeper than ${conditionDepthMax}`, 'Split the rule');
    const condition = parse();
    this.#depth--;
    return condition;
  }

  #operand(): Condition {
    const token = this.#tokens[this.#next++];
    if (!token)
      throw new Fault(
        this.text.length,
        'The condition ends too early',
        'Name a search identifier after `and`, `or` or `not`',
      );
    if (token.text === '(') return this.#group(token);
    const following = this.#tokens[this.#next]?.text;
    if (following === 'of') return this.#selector(token);
    if (token.text === ')' || keywords.has(token.text))
      throw this.#outOfPlace(token, 'A search identifier was expected here');
    if (this.names.includes(token.text)) return { kind: 'name', name: token.text };
    throw this.#unknown(token);
  }

  #group(open: Token): Condition {
    const condition = this.#nested(open.offset, () => this.#or());
    if (!this.#accept(')')) throw new Fault(open.offset, 'This parenthesis is not closed', 'Add `)`');
    return condition;
  }

  #selector(quantity: Token): Condition {
    this.#next++;
    const kind = quantity.text === 'all' ? 'and' : 'or';
    if (quantity.text !== 'all' && quantity.text !== '1' && quantity.text !== 'any')
      throw new Fault(quantity.offset, `\`${quantity.text} of\` is not part of Sigma`, 'Use `1 of` or `all of`');
    const pattern = this.#tokens[this.#next++];
    if (!pattern || pattern.text === '(' || pattern.text === ')')
      throw new Fault(
        quantity.offset,
        `\`${quantity.text} of\` selects from nothing`,
        'Add `them` or a pattern such as `selection_*`',
      );
    const of = this.#select(pattern.text).map((name): Condition => ({ kind: 'name', name }));
    if (of.length === 0)
      throw new Fault(
        pattern.offset,
        `No search identifier matches \`${pattern.text}\``,
        `Known: ${this.names.join(', ')}`,
      );
    return of.length === 1 ? of[0]! : { kind, of };
  }

  /** Names that start with an underscore are left out by convention, unless the pattern itself starts with one. */
  #select(pattern: string): string[] {
    if (pattern === 'them') return this.names.filter((name) => !name.startsWith('_'));
    const { test } = compilePattern(parsePattern(pattern), true);
    return this.names.filter((name) => test(name) && (pattern.startsWith('_') || !name.startsWith('_')));
  }

  #outOfPlace(token: Token, hint: string): Fault {
    return inCapitals(token) ?? new Fault(token.offset, `\`${token.text}\` is out of place`, hint);
  }

  #unknown(token: Token): Fault {
    const capitals = inCapitals(token);
    if (capitals) return capitals;
    if (token.text.includes('*'))
      return new Fault(
        token.offset,
        `\`${token.text}\` needs a quantity`,
        `Write \`1 of ${token.text}\` or \`all of ${token.text}\``,
      );
    return new Fault(
      token.offset,
      `The search identifier \`${token.text}\` is not defined`,
      `Define it under \`detection\`, or use one of: ${this.names.join(', ')}`,
    );
  }

  #accept(text: string): boolean {
    if (this.#tokens[this.#next]?.text !== text) return false;
    this.#next++;
    return true;
  }
}

function inCapitals({ text, offset }: Token): Fault | undefined {
  const lower = text.toLowerCase();
  if (lower === text || !keywords.has(lower)) return undefined;
  return new Fault(offset, `\`${text}\` is written in capitals`, `Write \`${lower}\``);
}
