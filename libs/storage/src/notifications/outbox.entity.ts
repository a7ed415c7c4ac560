import { Column, Entity, Index, PrimaryGeneratedColumn } from 'typeorm';
import type { NoticedAlert, Transition } from '#libs/notification';

/**
 * One transition of an alert on its way to a target. A row waits until it was delivered (`sent`) or given up (`dead`);
 * rows of one message are delivered together, with one idempotency key.
 */
@Entity({ schema: 'sent', name: 'outbox' })
@Index('outbox_by_id', ['id'], { unique: true })
@Index('outbox_due', ['target', 'dueAt', 'n'], { where: `state = 'waiting'` })
@Index('outbox_order', ['target', 'alertId', 'n'], { where: `state = 'waiting'` })
@Index('outbox_by_target', ['target', 'n'])
@Index('outbox_done', ['doneAt'], { where: 'done_at IS NOT NULL' })
@Index('outbox_by_message', ['message'])
export class OutboxEntity {
  @PrimaryGeneratedColumn('identity', {
    type: 'bigint',
    generatedIdentity: 'ALWAYS',
    primaryKeyConstraintName: 'outbox_pkey',
  })
  n!: string;
  /** Derived from target, alert and transition: what is put again is there already. */
  @Column('text')
  id!: string;
  @Column('text')
  target!: string;
  @Column('text', { name: 'alert_id' })
  alertId!: string;
  @Column('text')
  transition!: Transition;
  @Column('json')
  alert!: NoticedAlert;
  /** The idempotency key of the message that it is part of; null: no message was made of it yet. */
  @Column('text', { nullable: true })
  message!: string | null;
  @Column('text', { default: 'waiting' })
  state!: 'waiting' | 'sent' | 'dead';
  @Column({ type: 'timestamptz', name: 'put_at', precision: 3 })
  putAt!: Date;
  @Column({ type: 'timestamptz', name: 'due_at', precision: 3 })
  dueAt!: Date;
  @Column({ type: 'timestamptz', name: 'give_up_at', precision: 3 })
  giveUpAt!: Date;
  @Column('integer', { default: 0 })
  attempts!: number;
  /** Which attempt has it, until when at most. */
  @Column('text', { nullable: true })
  claim!: string | null;
  @Column({ type: 'timestamptz', name: 'claimed_until', precision: 3, nullable: true })
  claimedUntil!: Date | null;
  @Column({ type: 'timestamptz', name: 'done_at', precision: 3, nullable: true })
  doneAt!: Date | null;
  /** What the target answered last. */
  @Column('integer', { nullable: true })
  status!: number | null;
  /** Why the last attempt failed. */
  @Column('text', { nullable: true })
  problem!: string | null;
}
