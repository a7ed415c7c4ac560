import { Column, Entity, PrimaryColumn } from 'typeorm';

/** A target that asked not to be told anything before a time (`Retry-After`). */
@Entity({ schema: 'sent', name: 'pause' })
export class PauseEntity {
  @PrimaryColumn('text', { primaryKeyConstraintName: 'pause_pkey' })
  target!: string;
  @Column({ type: 'timestamptz', precision: 3 })
  until!: Date;
}
