import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Alerts of one cause belong together, and are found by what people made of them and by parts of words. */
export class Incidents0000000000006 implements MigrationInterface {
  readonly name = 'Incidents0000000000006';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      ALTER TABLE computed.alert
        ADD COLUMN incident text,
        ADD COLUMN triage_status text NOT NULL DEFAULT 'new',
        ADD COLUMN triage_owner text,
        ADD COLUMN triage_verdict text,
        ADD COLUMN triage_reason text,
        ADD COLUMN triage_notes integer NOT NULL DEFAULT 0`);
    await runner.query(`
      UPDATE computed.alert a SET triage_status = t.status, triage_owner = t.owner, triage_verdict = t.verdict,
        triage_notes = t.notes
      FROM decided.triage t WHERE t.alert_id = a.id`);
    await runner.query(`
      CREATE TABLE computed.incident_run (
        cause text NOT NULL,
        begins timestamptz(3) NOT NULL,
        ends timestamptz(3) NOT NULL,
        alert_id text NOT NULL,
        CONSTRAINT incident_run_pkey PRIMARY KEY (cause, begins)
      )`);
    await createKinds(runner);
    await createIndexes(runner);
    await runner.query(searchIndexSql);
  }

  async down(): Promise<void> {
    // Forward only.
  }
}

/** What rules alerts are of, and how severe they are then: few rows, which a question is asked first. */
async function createKinds(runner: QueryRunner): Promise<void> {
  await runner.query(`
    CREATE TABLE computed.alert_kind (
      rule_id text NOT NULL,
      rule_name text NOT NULL,
      rule_title text NOT NULL,
      severity text NOT NULL,
      CONSTRAINT alert_kind_pkey PRIMARY KEY (rule_id, rule_name, rule_title, severity)
    )`);
  await runner.query(`
    INSERT INTO computed.alert_kind
    SELECT DISTINCT rule_id, rule_name, left(rule_title, 500), severity FROM computed.alert`);
  await runner.query('DROP INDEX computed.alert_by_rule_name');
}

async function createIndexes(runner: QueryRunner): Promise<void> {
  await runner.query(`
    CREATE INDEX alert_by_incident ON computed.alert (incident, opened_at, id) WHERE incident IS NOT NULL`);
  await runner.query(`CREATE INDEX alert_names_incident ON computed.alert (opened_at, id) WHERE incident = id`);
  await runner.query('CREATE INDEX alert_by_merged ON computed.alert (merged_into) WHERE merged_into IS NOT NULL');
  await runner.query('CREATE INDEX alert_by_status ON computed.alert (triage_status, opened_at, id)');
  await runner.query(`
    CREATE INDEX alert_by_owner ON computed.alert (triage_owner, opened_at, id) WHERE triage_owner IS NOT NULL`);
  await runner.query(`
    CREATE INDEX alert_by_verdict ON computed.alert (triage_verdict, opened_at, id) WHERE triage_verdict IS NOT NULL`);
}

/** Servers without the extension search without an index: it is an addition that whoever owns a server may refuse. */
const searchIndexSql = `
  DO $$
  DECLARE home text;
  BEGIN
    CREATE EXTENSION IF NOT EXISTS pg_trgm SCHEMA computed;
    SELECT extnamespace::regnamespace INTO home FROM pg_extension WHERE extname = 'pg_trgm';
    EXECUTE format('CREATE INDEX alert_by_text ON computed.alert USING gin (group_text %s.gin_trgm_ops)', home);
  EXCEPTION WHEN insufficient_privilege OR undefined_file OR feature_not_supported THEN
    RAISE NOTICE 'pg_trgm is not to be had: searches read alerts one by one';
  END $$`;
