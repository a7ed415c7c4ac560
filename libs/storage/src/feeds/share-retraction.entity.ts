import { Entity, PrimaryColumn } from 'typeorm';

const primaryKeyConstraintName = 'share_retraction_pkey';

/** Events that their actors took back, whether they are known yet or not. Contests keep their own, to be rebuilt alone. */
@Entity({ schema: 'computed', name: 'share_retraction' })
export class ShareRetractionEntity {
  /** Of the event that is taken back. */
  @PrimaryColumn('text', { primaryKeyConstraintName })
  source!: string;
  @PrimaryColumn('text', { primaryKeyConstraintName })
  id!: string;
  @PrimaryColumn('text', { primaryKeyConstraintName })
  actor!: string;
}
