import { Column, Entity, Index, PrimaryColumn } from 'typeorm';
import type { Alert } from '#libs/events';

/** An open alert of a sender that says again and again that it fires, and until when it does if nothing more is heard. */
@Entity({ schema: 'sent', name: 'received' })
@Index('received_by_end', ['endsAt'])
export class ReceivedEntity {
  @PrimaryColumn('text', { name: 'alert_id', primaryKeyConstraintName: 'received_pkey' })
  alertId!: string;
  @Column('json')
  alert!: Alert;
  @Column({ type: 'timestamptz', name: 'ends_at', precision: 3 })
  endsAt!: Date;
}
