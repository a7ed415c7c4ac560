import type { MigrationInterface, QueryRunner } from 'typeorm';

/** People who signed in with the identity provider, and their sessions. */
export class People0000000000012 implements MigrationInterface {
  readonly name = 'People0000000000012';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE decided.person (
        id text CONSTRAINT person_pkey PRIMARY KEY,
        name text NOT NULL,
        role text NOT NULL,
        signed_in_at timestamptz(3) NOT NULL
      )`);
    await runner.query(`
      CREATE TABLE decided.session (
        hash bytea CONSTRAINT session_pkey PRIMARY KEY,
        person_id text NOT NULL,
        role text NOT NULL,
        expires_at timestamptz(3) NOT NULL
      )`);
    await runner.query('CREATE INDEX session_by_expiry ON decided.session (expires_at)');
  }

  async down(): Promise<void> {
    // Forward only.
  }
}
