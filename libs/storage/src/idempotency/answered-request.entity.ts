import { Column, Entity, Index, PrimaryColumn } from 'typeorm';

/** A request with an Idempotency-Key, written with what it did. */
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
  /** Written when it is given: null until then. Nothing that is secret is in it. */
  @Column('json')
  answer!: unknown;
  @Column({ type: 'timestamptz', precision: 3 })
  at!: Date;
}
