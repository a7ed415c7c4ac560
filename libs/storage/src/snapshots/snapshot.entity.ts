import { Column, Entity, PrimaryColumn } from 'typeorm';

/** The newest state of a stage by name, and who may replace it. */
@Entity({ schema: 'computed', name: 'snapshot' })
export class SnapshotEntity {
  @PrimaryColumn('text', { primaryKeyConstraintName: 'snapshot_pkey' })
  name!: string;
  /** Grows with every owner: of an older one nothing is taken any more. */
  @Column('bigint')
  generation!: string;
  /** What the state is as of; null: nothing was saved yet. */
  @Column('bigint', { nullable: true })
  position!: string | null;
}
