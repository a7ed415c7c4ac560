import { Column, Entity, PrimaryColumn } from 'typeorm';

/** What notifications know of an alert: tells a transition from a repetition. */
@Entity({ schema: 'sent', name: 'alert' })
export class SentAlertEntity {
  @PrimaryColumn('text', { name: 'alert_id', primaryKeyConstraintName: 'alert_pkey' })
  alertId!: string;
  @Column('text')
  state!: string;
  @Column('integer', { name: 'position_partition' })
  positionPartition!: number;
  @Column('bigint', { name: 'position_offset' })
  positionOffset!: string;
  /** How many transitions there were. */
  @Column('integer')
  transitions!: number;
  /** Why nobody was told when it opened. */
  @Column('text', { name: 'held_back', nullable: true })
  heldBack!: string | null;
}
