import { Column, Entity, PrimaryColumn } from 'typeorm';
import type { Judged, Step } from '#libs/ranking';

const primaryKeyConstraintName = 'contest_step_pkey';

/** What ended a round of a contest, or held it. Those that were undone stay as history. */
@Entity({ schema: 'decided', name: 'contest_step' })
export class ContestStepEntity {
  @PrimaryColumn('text', { primaryKeyConstraintName })
  contest!: string;
  /** The first is 1. */
  @PrimaryColumn('integer', { primaryKeyConstraintName })
  step!: number;
  /** The round that it ended, or held. */
  @Column('integer')
  round!: number;
  @Column('text')
  action!: Step['action'];
  /** Votes up to then count for it. */
  @Column({ type: 'timestamptz', precision: 3 })
  at!: Date;
  /** When it began to hold. */
  @Column({ type: 'timestamptz', name: 'taken_at', precision: 3 })
  takenAt!: Date;
  /** Null: a deadline. */
  @Column('text', { nullable: true })
  actor!: string | null;
  /** What became of each entry, with its numbers. */
  @Column('jsonb')
  judged!: Judged[];
  @Column({ type: 'timestamptz', name: 'undone_at', precision: 3, nullable: true })
  undoneAt!: Date | null;
  @Column('text', { name: 'undone_by', nullable: true })
  undoneBy!: string | null;
}
