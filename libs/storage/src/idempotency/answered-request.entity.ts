import { Column, Entity, Index, PrimaryColumn } from 'typeorm';

/** What a request with an Idempotency-Key was answered, written with what it did. */
@Entity({ schema: 'decided', name: 'answered_request' })
@Index('answered_request_by_time', ['at'])
export class AnsweredRequestEntity {
  @PrimaryColumn('text', { primaryKeyConstraintName: 'answered_request_pkey' })
  actor!: string;
  @PrimaryColumn('text', { primaryKeyConstraintName: 'answered_request_pkey' })
  key!: string;
  /** Of what was asked. */
  @Column('text')
  digest!: string;
  @Column('json')
  answer!: unknown;
  @Column({ type: 'timestamptz', precision: 3 })
  at!: Date;
}
