import { Column, Entity, Index, PrimaryColumn } from 'typeorm';

/** Decisions of a rule that the guard held back in a minute, for one reason: an alert of its own. */
@Entity({ schema: 'computed', name: 'guard_bite' })
@Index('guard_bite_by_open', ['minute'], { where: '(NOT closed)' })
export class GuardBiteEntity {
  @PrimaryColumn('text', { name: 'rule_id', primaryKeyConstraintName: 'guard_bite_pkey' })
  ruleId!: string;
  @PrimaryColumn('text', { primaryKeyConstraintName: 'guard_bite_pkey' })
  reason!: string;
  @PrimaryColumn({ type: 'timestamptz', precision: 3, primaryKeyConstraintName: 'guard_bite_pkey' })
  minute!: Date;
  @Column('text', { name: 'rule_name' })
  ruleName!: string;
  @Column('integer')
  refused!: number;
  @Column({ type: 'timestamptz', precision: 3, name: 'first_at' })
  firstAt!: Date;
  @Column({ type: 'timestamptz', precision: 3, name: 'last_at' })
  lastAt!: Date;
  /** Its alert was closed. */
  @Column('boolean')
  closed!: boolean;
}
