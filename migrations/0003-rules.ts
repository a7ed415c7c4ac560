import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Rules as they are now, and every change to them with who made it and when. */
export class Rules0000000000003 implements MigrationInterface {
  readonly name = 'Rules0000000000003';

  async up(runner: QueryRunner): Promise<void> {
    const both = `
        name text NOT NULL,
        version integer NOT NULL,
        source text NOT NULL,
        file text NOT NULL,
        text text NOT NULL,
        actor text NOT NULL,
        at timestamptz(3) NOT NULL`;
    await runner.query(`
      CREATE TABLE decided.rule_change (
        change bigint GENERATED ALWAYS AS IDENTITY CONSTRAINT rule_change_pkey PRIMARY KEY,
        rule_id text NOT NULL,
        action text NOT NULL,
        state text,${both}
      )`);
    await runner.query('CREATE INDEX rule_change_by_rule ON decided.rule_change (rule_id, change)');
    await runner.query(`
      CREATE TABLE decided.rule (
        id text CONSTRAINT rule_pkey PRIMARY KEY,
        state text NOT NULL,${both},
        change bigint NOT NULL
      )`);
  }

  async down(): Promise<void> {
    // Forward only.
  }
}
