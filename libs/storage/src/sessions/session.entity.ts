import { Column, Entity, Index, PrimaryColumn } from 'typeorm';

/** A browser that a person signed in with. Only the hash of its token is kept. */
@Entity({ schema: 'decided', name: 'session' })
@Index('session_by_expiry', ['expiresAt'])
export class SessionEntity {
  /** SHA-256 of the token. */
  @PrimaryColumn('bytea', { primaryKeyConstraintName: 'session_pkey' })
  hash!: Buffer;
  @Column('text', { name: 'person_id' })
  personId!: string;
  /** As it was when they signed in. */
  @Column('text')
  role!: string;
  @Column({ type: 'timestamptz', name: 'expires_at', precision: 3 })
  expiresAt!: Date;
}
