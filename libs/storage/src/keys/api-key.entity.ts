import { Column, Entity, PrimaryColumn } from 'typeorm';

/** A key to the API. Only the hash of its secret is kept. */
@Entity({ schema: 'decided', name: 'api_key' })
export class ApiKeyEntity {
  @PrimaryColumn('text', { primaryKeyConstraintName: 'api_key_pkey' })
  id!: string;
  @Column('text')
  name!: string;
  /** SHA-256 of the secret. */
  @Column('bytea')
  hash!: Buffer;
  @Column('text', { array: true })
  scopes!: string[];
  @Column({ type: 'timestamptz', name: 'created_at', precision: 3 })
  createdAt!: Date;
  @Column({ type: 'timestamptz', name: 'expires_at', precision: 3, nullable: true })
  expiresAt!: Date | null;
  @Column({ type: 'timestamptz', name: 'last_used_at', precision: 3, nullable: true })
  lastUsedAt!: Date | null;
  @Column({ type: 'timestamptz', name: 'revoked_at', precision: 3, nullable: true })
  revokedAt!: Date | null;
  /** The secret before the last rotation, which works until `previousUntil`. */
  @Column('bytea', { name: 'previous_hash', nullable: true })
  previousHash!: Buffer | null;
  @Column({ type: 'timestamptz', name: 'previous_until', precision: 3, nullable: true })
  previousUntil!: Date | null;
}
