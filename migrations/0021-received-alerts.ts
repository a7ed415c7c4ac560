import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Alerts that were received, and Weir's own, speak against no vote any more, whatever they are called. Those that did are numbered as changed, so
 * that the votes that they were held against are judged again, as after any change of an alert.
 */
export class ReceivedAlerts0000000000021 implements MigrationInterface {
  readonly name = 'ReceivedAlerts0000000000021';

  async up(runner: QueryRunner): Promise<void> {
    // As `lockChangesSql` does it.
    await runner.query(`
      SELECT setval('computed.alert_change',
        greatest(nextval('computed.alert_change'), (extract(epoch FROM clock_timestamp()) * 1e6)::bigint))
      FROM pg_advisory_xact_lock(7237110002)`);
    await runner.query(`
      UPDATE computed.alert SET change = nextval('computed.alert_change')
      WHERE id IN (SELECT alert FROM computed.contest_suspect)
        AND (starts_with(rule_id, 'prometheus:') OR starts_with(rule_id, 'weir-'))`);
  }

  async down(): Promise<void> {
    // Forward only.
  }
}
