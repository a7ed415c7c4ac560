import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Events that prove an alert, with the rule that raised it and what people said of it: to test rules with. */
export class Fixtures0000000000010 implements MigrationInterface {
  readonly name = 'Fixtures0000000000010';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE decided.fixture (
        alert_id text CONSTRAINT fixture_pkey PRIMARY KEY,
        verdict text NOT NULL,
        rule_id text NOT NULL,
        rule_name text NOT NULL,
        rule_version integer NOT NULL,
        events integer NOT NULL,
        files json NOT NULL,
        actor text NOT NULL,
        at timestamptz(3) NOT NULL
      )`);
    await runner.query('CREATE INDEX fixture_by_rule ON decided.fixture (rule_id, at)');
  }

  async down(): Promise<void> {
    // Forward only.
  }
}
