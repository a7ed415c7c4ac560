import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Few alerts have a verdict: whether one of an incident has is found without reading the others. */
export class IncidentsByVerdict0000000000019 implements MigrationInterface {
  readonly name = 'IncidentsByVerdict0000000000019';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE INDEX alert_by_incident_verdict ON computed.alert (incident, triage_verdict)
      WHERE incident IS NOT NULL AND triage_verdict IS NOT NULL`);
  }

  async down(): Promise<void> {
    // Forward only.
  }
}
