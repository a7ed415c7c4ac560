import { Column, Entity, PrimaryColumn } from 'typeorm';
import type { RuleSource, RuleState } from './rule.js';

/** A rule as it is now. */
@Entity({ schema: 'decided', name: 'rule' })
export class RuleEntity {
  @PrimaryColumn('text', { primaryKeyConstraintName: 'rule_pkey' })
  id!: string;
  @Column('text')
  state!: RuleState;
  @Column('text')
  name!: string;
  @Column('integer')
  version!: number;
  @Column('text')
  source!: RuleSource;
  @Column('text')
  file!: string;
  @Column('text')
  text!: string;
  /** Who made the last change: the id of a key, or `file`. */
  @Column('text')
  actor!: string;
  @Column({ type: 'timestamptz', precision: 3 })
  at!: Date;
  /** Number of the last change. */
  @Column('bigint')
  change!: string;
}
