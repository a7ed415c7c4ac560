import { Column, Entity, Index, PrimaryGeneratedColumn } from 'typeorm';
import type { RuleAction, RuleSource, RuleState } from './rule.js';

/** What was done to a rule: append-only. */
@Entity({ schema: 'decided', name: 'rule_change' })
@Index('rule_change_by_rule', ['ruleId', 'change'])
export class RuleChangeEntity {
  @PrimaryGeneratedColumn('identity', {
    type: 'bigint',
    generatedIdentity: 'ALWAYS',
    primaryKeyConstraintName: 'rule_change_pkey',
  })
  change!: string;
  @Column('text', { name: 'rule_id' })
  ruleId!: string;
  @Column('text')
  action!: RuleAction;
  /** Null: the rule went. */
  @Column('text', { nullable: true })
  state!: RuleState | null;
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
  @Column('text')
  actor!: string;
  @Column({ type: 'timestamptz', precision: 3 })
  at!: Date;
}
