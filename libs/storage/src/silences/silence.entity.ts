import { Column, Entity, Index, PrimaryColumn } from 'typeorm';
import type { SilenceKind, SilenceSource } from './silence.js';

/** A silence, or an entry of the allowlist. Those that ended stay, as history. */
@Entity({ schema: 'decided', name: 'silence' })
@Index('silence_by_kind', ['kind', 'createdAt', 'id'])
@Index('silence_by_change', ['change'])
export class SilenceEntity {
  @PrimaryColumn('text', { primaryKeyConstraintName: 'silence_pkey' })
  id!: string;
  @Column('text')
  kind!: SilenceKind;
  @Column('jsonb')
  matchers!: unknown;
  @Column({ type: 'timestamptz', precision: 3, name: 'starts_at' })
  startsAt!: Date;
  @Column({ type: 'timestamptz', precision: 3, name: 'ends_at', nullable: true })
  endsAt!: Date | null;
  @Column('text')
  author!: string;
  @Column('text')
  reason!: string;
  @Column('text')
  source!: SilenceSource;
  /** Of a file: the same for the same words. */
  @Column('text', { name: 'file_key', nullable: true })
  fileKey!: string | null;
  @Column({ type: 'timestamptz', precision: 3, name: 'created_at' })
  createdAt!: Date;
  /** Taken back before its end. */
  @Column({ type: 'timestamptz', precision: 3, name: 'ended_at', nullable: true })
  endedAt!: Date | null;
  @Column('text', { name: 'ended_by', nullable: true })
  endedBy!: string | null;
  @Column('bigint')
  change!: string;
}
