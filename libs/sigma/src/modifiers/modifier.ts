import { type Literal, type Need } from '../needs.js';
import { type FieldReader } from '../reader.js';
import { type Node } from '../source.js';
import { type EventView } from '../types.js';

/** A value as the rule gives it. Numbers are finite and exact. */
export interface RuleValue {
  value: string | number | boolean;
  node: Node;
  /** What the text stands for, after a modifier that encodes it as bytes. */
  bytes?: Buffer;
}

/** One element of a field. */
export type Scalar = string | number | boolean;

/** Tests one element of the field. Tests that carry `exact` or `folded` can be merged with others of a list. */
export interface ScalarTest {
  on: 'scalar';
  cost: number;
  test(value: Scalar): boolean;
  /** One of these is in every value that passes; undefined: not known. */
  literals?: readonly Literal[] | undefined;
  /** The test is: equal to this text (folded, unless `cased`). */
  exact?: string;
  /** The test is: contains, starts with or ends with this folded, non-empty text. */
  folded?: { where: 'part' | 'start' | 'end'; text: string };
}

/** Tests the event: the field's absence, or another field. */
export interface ViewTest {
  on: 'view';
  cost: number;
  test(view: EventView): boolean;
  need?: Need | undefined;
}

/** What an operator knows when it compiles a value. */
export interface ItemContext {
  field: FieldReader;
  /** The flags written after the field: `cased`, `i`, ... */
  flags: ReadonlySet<string>;
  /** Finds another field of the same log source; reports and returns undefined when there is none. */
  otherField(name: string, node: Node): FieldReader | undefined;
  problem(node: Node, reason: string, hint: string): undefined;
}

/** Decides how a field is compared with a value; a field has at most one. Returns undefined after reporting a problem. */
export interface Operator {
  kind: 'operator';
  name: string;
  compile(value: RuleValue, context: ItemContext): ScalarTest | ViewTest | undefined;
}

/** Changes how an operator compares, or how several values are joined. */
export interface Flag {
  kind: 'flag';
  name: string;
  /** The operators it goes with (`equals` is comparison without any), or `any`. */
  goesWith: readonly string[] | 'any';
  /** Must stand after its operator: `re|i`. */
  afterOperator?: boolean;
}

/** Turns a value of the rule into others, any of which may match; undefined after reporting a problem. */
export interface Transform {
  kind: 'transform';
  name: string;
  /** The operators it goes with. */
  goesWith: readonly string[];
  /** Encodings change all of the text, so they come before `contains` and its like. */
  beforeOperator: boolean;
  apply(value: RuleValue, context: TransformContext): RuleValue[] | undefined;
}

export interface TransformContext {
  placeholders: {
    /** What a placeholder stands for, as Sigma strings; undefined: there is none of that name. */
    valuesOf(name: string): readonly string[] | undefined;
    names(): Iterable<string>;
  };
  problem(node: Node, reason: string, hint: string): undefined;
}

/** Compares a part of the field's date instead of the field. */
export interface Part {
  kind: 'part';
  name: string;
  min: number;
  max: number;
  /** NaN when the field holds no such date. */
  read(value: Scalar): number;
}

export type Modifier = Operator | Flag | Transform | Part;
