import { Column, Entity, Index, PrimaryColumn } from 'typeorm';

/** Alerts that speak against votes, as live votes were judged by them last; of any rule, contests say which discount. */
@Entity({ schema: 'computed', name: 'contest_suspect' })
@Index('contest_suspect_by_voter', ['voter'], { where: 'voter IS NOT NULL' })
@Index('contest_suspect_by_ip', ['ip'], { where: 'ip IS NOT NULL' })
@Index('contest_suspect_by_network', ['network'], { where: 'network IS NOT NULL' })
@Index('contest_suspect_by_account_day', ['accountCreatedOn'], { where: 'account_created_on IS NOT NULL' })
export class ContestSuspectEntity {
  @PrimaryColumn('text', { primaryKeyConstraintName: 'contest_suspect_pkey' })
  alert!: string;
  @Column('text')
  rule!: string;
  @Column('text', { nullable: true })
  contest!: string | null;
  @Column('text', { nullable: true })
  voter!: string | null;
  @Column('text', { nullable: true })
  ip!: string | null;
  @Column('text', { nullable: true })
  network!: string | null;
  @Column('text', { name: 'account_created_on', nullable: true })
  accountCreatedOn!: string | null;
  @Column('text', { nullable: true })
  entry!: string | null;
  @Column({ type: 'timestamptz', name: 'first_seen', precision: 3 })
  firstSeen!: Date;
  @Column({ type: 'timestamptz', name: 'opened_at', precision: 3 })
  openedAt!: Date;
  @Column({ type: 'timestamptz', name: 'closed_at', precision: 3, nullable: true })
  closedAt!: Date | null;
}
