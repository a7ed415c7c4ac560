import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What a rule asks to block that is no address is few, and asked for with each change: it is found without the others. */
export class DecisionsBeyondAddresses0000000000020 implements MigrationInterface {
  readonly name = 'DecisionsBeyondAddresses0000000000020';

  async up(runner: QueryRunner): Promise<void> {
    for (const [name, column] of [
      ['start', 'starts_at'],
      ['until', 'until'],
    ]) {
      await runner.query(`
        CREATE INDEX decision_beyond_addresses_by_${name} ON computed.decision (rule_id, ${column})
        WHERE scope NOT IN ('Ip', 'Range')`);
    }
  }

  async down(): Promise<void> {
    // Forward only.
  }
}
