import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Rounds of contests, as people ended them, and which entries were shown to whom. */
export class Rounds0000000000015 implements MigrationInterface {
  readonly name = 'Rounds0000000000015';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE decided.contest ADD COLUMN narrowing jsonb');
    await runner.query(`
      CREATE TABLE decided.contest_step (
        contest text NOT NULL,
        step integer NOT NULL,
        round integer NOT NULL,
        action text NOT NULL,
        at timestamptz(3) NOT NULL,
        taken_at timestamptz(3) NOT NULL,
        actor text,
        judged jsonb NOT NULL,
        undone_at timestamptz(3),
        undone_by text,
        CONSTRAINT contest_step_pkey PRIMARY KEY (contest, step)
      )`);
    await runner.query(`
      CREATE TABLE computed.exposure (
        contest text NOT NULL,
        voter text NOT NULL,
        at timestamptz(3) NOT NULL,
        source text NOT NULL,
        id text NOT NULL,
        shown text[] NOT NULL,
        CONSTRAINT exposure_pkey PRIMARY KEY (contest, voter, at, source, id)
      )`);
  }

  async down(): Promise<void> {
    // Forward only.
  }
}
