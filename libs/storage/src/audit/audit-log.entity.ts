import { Column, Entity, Index, PrimaryGeneratedColumn } from 'typeorm';

/**
 * Who changed what, and when: one row per change to anything that people decide, written in the same transaction. A
 * trigger refuses to change or delete any.
 */
@Entity({ schema: 'decided', name: 'audit_log' })
@Index('audit_log_by_subject', ['subject', 'id'])
@Index('audit_log_by_time', ['at', 'id'])
@Index('audit_log_by_actor', ['actor', 'at', 'id'])
export class AuditLogEntity {
  @PrimaryGeneratedColumn('identity', {
    type: 'bigint',
    generatedIdentity: 'ALWAYS',
    primaryKeyConstraintName: 'audit_log_pkey',
  })
  id!: string;
  @Column({ type: 'timestamptz', precision: 3 })
  at!: Date;
  /** Id of the key that asked for it, `person:<subject>`, or `weir` for what it did by itself. */
  @Column('text')
  actor!: string;
  /** What was done: `key.created`, `key.revoked`, … */
  @Column('text')
  action!: string;
  /** To what: `key:<id>`, … */
  @Column('text')
  subject!: string;
  @Column('jsonb')
  facts!: unknown;
}
