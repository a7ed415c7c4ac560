import { Entity, PrimaryColumn } from 'typeorm';

/** What rules alerts are of, under each name and title that they had, and how severe: a few rows. Computed. */
@Entity({ schema: 'computed', name: 'alert_kind' })
export class AlertKindEntity {
  @PrimaryColumn('text', { name: 'rule_id', primaryKeyConstraintName: 'alert_kind_pkey' })
  ruleId!: string;
  @PrimaryColumn('text', { name: 'rule_name', primaryKeyConstraintName: 'alert_kind_pkey' })
  ruleName!: string;
  /** The first 500 characters. */
  @PrimaryColumn('text', { name: 'rule_title', primaryKeyConstraintName: 'alert_kind_pkey' })
  ruleTitle!: string;
  @PrimaryColumn('text', { primaryKeyConstraintName: 'alert_kind_pkey' })
  severity!: string;
}
