import { Column, Entity, Index, PrimaryColumn } from 'typeorm';

const key = { primaryKeyConstraintName: 'incident_sum_pkey' };

/** How many alerts of a rule an incident has, and in what state. Computed; triggers on computed.alert keep it with every change of an alert. */
@Entity({ schema: 'computed', name: 'incident_sum' })
@Index('incident_sum_open', ['incident'], { where: 'open > 0' })
export class IncidentSumEntity {
  @PrimaryColumn('text', key)
  incident!: string;
  @PrimaryColumn('text', { ...key, name: 'rule_name' })
  ruleName!: string;
  @PrimaryColumn('text', key)
  severity!: string;
  @Column('integer')
  alerts!: number;
  @Column('integer')
  open!: number;
  @Column('integer')
  acknowledged!: number;
  @Column('integer')
  closed!: number;
}
