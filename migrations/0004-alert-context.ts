import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What an alert says of its rule: whose it is, what to do, what bouncers shall do; and whether it was raised afterwards. */
export class AlertContext0000000000004 implements MigrationInterface {
  readonly name = 'AlertContext0000000000004';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      ALTER TABLE computed.alert
        ADD COLUMN rule_owner text,
        ADD COLUMN rule_runbook text,
        ADD COLUMN decision json,
        ADD COLUMN retro boolean NOT NULL DEFAULT false`);
  }

  async down(): Promise<void> {
    // Forward only.
  }
}
