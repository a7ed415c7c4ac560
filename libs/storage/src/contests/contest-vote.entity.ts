import { Column, Entity, Index, PrimaryColumn } from 'typeorm';
import type { Choice } from '#libs/ranking';

const primaryKeyConstraintName = 'contest_vote_pkey';
/** By bytes, wherever the database is: which of two votes is the last depends on it. */
const name = { primaryKeyConstraintName, collation: 'C' };

/** Every vote ever cast, one row an event. A voter's newest is the one that counts: last in the order of the key. */
@Entity({ schema: 'computed', name: 'contest_vote' })
@Index('contest_vote_by_contest', ['contest'])
@Index('contest_vote_by_address', ['network', 'ip'], { where: 'network IS NOT NULL' })
@Index('contest_vote_by_account_day', ['accountCreatedOn', 'contest'], { where: 'account_created_on IS NOT NULL' })
export class ContestVoteEntity {
  @PrimaryColumn('text', name)
  voter!: string;
  @PrimaryColumn('text', name)
  contest!: string;
  @PrimaryColumn({ type: 'timestamptz', precision: 3, primaryKeyConstraintName })
  at!: Date;
  @PrimaryColumn('text', name)
  source!: string;
  @PrimaryColumn('text', name)
  id!: string;
  @Column('text', { nullable: true })
  ip!: string | null;
  /** Of the address, as rules have it in `$network`; see `networkOf`. */
  @Column({ type: 'text', nullable: true, collation: 'C' })
  network!: string | null;
  /** The day on which the voter's account was made, as it was sent. */
  @Column({ type: 'text', name: 'account_created_on', nullable: true, collation: 'C' })
  accountCreatedOn!: string | null;
  @Column('json')
  choice!: Choice;
  /** It is its voter's last in the contest, and was not taken back: tallies have it. */
  @Column('boolean', { default: false })
  live!: boolean;
  /** Of a live one: names of all rules whose alerts speak against it. Which of them discount it, the contest says. */
  @Column('text', { array: true, nullable: true })
  rules!: string[] | null;
}
