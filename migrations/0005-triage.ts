import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What people make of alerts: why one was closed, every step with who and when, and answers to requests sent again. */
export class Triage0000000000005 implements MigrationInterface {
  readonly name = 'Triage0000000000005';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      ALTER TABLE decided.triage
        ADD COLUMN reason text,
        ADD COLUMN change bigint NOT NULL DEFAULT 0`);
    await runner.query(`
      CREATE TABLE decided.triage_change (
        change bigint GENERATED ALWAYS AS IDENTITY CONSTRAINT triage_change_pkey PRIMARY KEY,
        alert_id text NOT NULL,
        actions text[] NOT NULL,
        status text NOT NULL,
        owner text,
        verdict text,
        reason text,
        note text,
        actor text NOT NULL,
        at timestamptz(3) NOT NULL
      )`);
    await runner.query('CREATE INDEX triage_change_by_alert ON decided.triage_change (alert_id, change)');
    await runner.query(`
      CREATE TABLE decided.answered_request (
        actor text NOT NULL,
        key text NOT NULL,
        digest text NOT NULL,
        answer json NOT NULL,
        at timestamptz(3) NOT NULL,
        CONSTRAINT answered_request_pkey PRIMARY KEY (actor, key)
      )`);
    await runner.query('CREATE INDEX answered_request_by_time ON decided.answered_request (at)');
  }

  async down(): Promise<void> {
    // Forward only.
  }
}
