import { Column, Entity, PrimaryColumn } from 'typeorm';
import type { TargetSettings } from '#libs/notification';

/** Where notifications go. Its history is in the audit log. */
@Entity({ schema: 'decided', name: 'webhook' })
export class WebhookEntity {
  @PrimaryColumn('text', { primaryKeyConstraintName: 'webhook_pkey' })
  id!: string;
  @Column('jsonb')
  settings!: TargetSettings;
  /** What messages are signed with, the newest first: as they are, since a hash of a secret signs nothing. */
  @Column('text', { array: true })
  secrets!: string[];
  @Column('integer')
  version!: number;
  @Column('text')
  actor!: string;
  @Column({ type: 'timestamptz', precision: 3 })
  at!: Date;
}
