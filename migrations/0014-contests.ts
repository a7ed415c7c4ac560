import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Contests: what people set up, and the entries, votes and retractions that the log tells of. */
export class Contests0000000000014 implements MigrationInterface {
  readonly name = 'Contests0000000000014';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE decided.contest (
        id text CONSTRAINT contest_pkey PRIMARY KEY,
        title text NOT NULL,
        mode text NOT NULL,
        half_life_seconds integer NOT NULL,
        discounting_rules text[] NOT NULL,
        closed_at timestamptz(3),
        change integer NOT NULL,
        created_at timestamptz(3) NOT NULL
      )`);
    await runner.query(`
      CREATE TABLE computed.contest_vote (
        contest text NOT NULL,
        voter text NOT NULL,
        at timestamptz(3) NOT NULL,
        source text NOT NULL,
        id text NOT NULL,
        ip text,
        choice jsonb NOT NULL,
        CONSTRAINT contest_vote_pkey PRIMARY KEY (contest, voter, at, source, id)
      )`);
    await runner.query(`
      CREATE TABLE computed.contest_entry (
        contest text NOT NULL,
        entry text NOT NULL,
        at timestamptz(3) NOT NULL,
        source text NOT NULL,
        id text NOT NULL,
        actor text,
        title text,
        state text,
        CONSTRAINT contest_entry_pkey PRIMARY KEY (contest, entry, at, source, id)
      )`);
    await runner.query(`
      CREATE TABLE computed.retraction (
        source text NOT NULL,
        id text NOT NULL,
        actor text NOT NULL,
        at timestamptz(3) NOT NULL,
        CONSTRAINT retraction_pkey PRIMARY KEY (source, id, actor, at)
      )`);
  }

  async down(): Promise<void> {
    // Forward only.
  }
}
