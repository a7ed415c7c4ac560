import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Which alerts bother nobody, and which decisions do not bite, by whom and until when; and the alerts held back so far. */
export class Silences0000000000007 implements MigrationInterface {
  readonly name = 'Silences0000000000007';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query('CREATE SEQUENCE decided.blocking_change');
    await runner.query(`
      CREATE TABLE decided.silence (
        id text CONSTRAINT silence_pkey PRIMARY KEY,
        kind text NOT NULL,
        matchers jsonb NOT NULL,
        starts_at timestamptz(3) NOT NULL,
        ends_at timestamptz(3),
        author text NOT NULL,
        reason text NOT NULL,
        source text NOT NULL,
        file_key text,
        created_at timestamptz(3) NOT NULL,
        ended_at timestamptz(3),
        ended_by text,
        change bigint NOT NULL
      )`);
    await runner.query('CREATE INDEX silence_by_kind ON decided.silence (kind, created_at, id)');
    await runner.query('CREATE INDEX silence_by_change ON decided.silence (change)');
    await runner.query(`
      CREATE TABLE computed.held_alert (
        alert_id text NOT NULL,
        silence_id text NOT NULL,
        at timestamptz(3) NOT NULL,
        CONSTRAINT held_alert_pkey PRIMARY KEY (alert_id, silence_id)
      )`);
    await runner.query('CREATE INDEX held_alert_by_silence ON computed.held_alert (silence_id)');
  }

  async down(): Promise<void> {
    // Forward only.
  }
}
