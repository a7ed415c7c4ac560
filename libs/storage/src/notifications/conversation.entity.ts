import { Column, Entity, Index, PrimaryColumn } from 'typeorm';
import type { NoticedAlert } from '#libs/notification';

/** A target was told that an alert opened: it is told what becomes of it. */
@Entity({ schema: 'sent', name: 'conversation' })
@Index('conversation_by_alert', ['alertId'])
@Index('conversation_resend', ['resendAt'], { where: 'resend_at IS NOT NULL' })
@Index('conversation_over', ['changedAt'], { where: 'NOT open' })
export class ConversationEntity {
  @PrimaryColumn('text', { primaryKeyConstraintName: 'conversation_pkey' })
  target!: string;
  @PrimaryColumn('text', { name: 'alert_id', primaryKeyConstraintName: 'conversation_pkey' })
  alertId!: string;
  @Column('boolean')
  open!: boolean;
  /** As it was put last. */
  @Column('json')
  alert!: NoticedAlert;
  @Column({ type: 'timestamptz', name: 'changed_at', precision: 3 })
  changedAt!: Date;
  /** When it is said again that it fires; null: it is not. */
  @Column({ type: 'timestamptz', name: 'resend_at', precision: 3, nullable: true })
  resendAt!: Date | null;
}
