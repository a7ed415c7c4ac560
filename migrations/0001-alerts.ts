import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Two schemas keep apart what a rebuild may touch: `computed` follows from the log and can be dropped and filled
 * again; `decided` is what people decided, and no projection writes there.
 */
export class Alerts0000000000001 implements MigrationInterface {
  readonly name = 'Alerts0000000000001';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query('CREATE SCHEMA IF NOT EXISTS computed');
    await runner.query('CREATE SCHEMA IF NOT EXISTS decided');
    await createAlerts(runner);
    await createPositions(runner);
    await createDecided(runner);
  }

  async down(): Promise<void> {
    // Forward only: what was computed can be computed again, what people decided must not be undone by a downgrade.
  }
}

async function createAlerts(runner: QueryRunner): Promise<void> {
  await runner.query(`
    CREATE TABLE computed.alert (
      id text CONSTRAINT alert_pkey PRIMARY KEY,
      rule_id text NOT NULL,
      rule_name text NOT NULL,
      rule_title text NOT NULL,
      rule_version integer NOT NULL,
      severity text NOT NULL,
      state text NOT NULL,
      merged_into text,
      group_fields json NOT NULL,
      group_terms text[] NOT NULL,
      group_text text NOT NULL,
      timespan text NOT NULL,
      condition json NOT NULL,
      first_seen timestamptz(3) NOT NULL,
      opened_at timestamptz(3) NOT NULL,
      last_seen timestamptz(3) NOT NULL,
      closed_at timestamptz(3),
      value double precision NOT NULL,
      peak double precision NOT NULL,
      events bigint NOT NULL,
      expected double precision,
      shadow boolean NOT NULL,
      revision integer NOT NULL,
      position_partition integer NOT NULL,
      position_offset bigint NOT NULL,
      change bigint NOT NULL
    )`);
  await runner.query('CREATE SEQUENCE computed.alert_change OWNED BY computed.alert.change');
  await runner.query('CREATE INDEX alert_by_opened ON computed.alert (opened_at, id)');
  await runner.query('CREATE INDEX alert_by_rule_id ON computed.alert (rule_id, opened_at, id)');
  await runner.query('CREATE INDEX alert_by_rule_name ON computed.alert (rule_name, opened_at, id)');
  await runner.query('CREATE INDEX alert_by_severity ON computed.alert (severity, opened_at, id)');
  await runner.query('CREATE INDEX alert_by_state ON computed.alert (state, opened_at, id)');
  await runner.query('CREATE INDEX alert_by_group ON computed.alert USING gin (group_terms)');
  await runner.query('CREATE UNIQUE INDEX alert_by_change ON computed.alert (change)');
  await runner.query(`
    CREATE TABLE computed.alert_evidence (
      alert_id text NOT NULL,
      topic text NOT NULL,
      partition integer NOT NULL,
      "offset" bigint NOT NULL,
      time timestamptz(3) NOT NULL,
      event json,
      CONSTRAINT alert_evidence_pkey PRIMARY KEY (alert_id, topic, partition, "offset")
    )`);
}

async function createPositions(runner: QueryRunner): Promise<void> {
  await runner.query(`
    CREATE TABLE computed.projection_position (
      projection text NOT NULL,
      topic text NOT NULL,
      partition integer NOT NULL,
      "offset" bigint NOT NULL,
      CONSTRAINT projection_position_pkey PRIMARY KEY (projection, topic, partition)
    )`);
}

async function createDecided(runner: QueryRunner): Promise<void> {
  await runner.query(`
    CREATE TABLE decided.triage (
      alert_id text CONSTRAINT triage_pkey PRIMARY KEY,
      status text NOT NULL DEFAULT 'new',
      owner text,
      verdict text,
      notes integer NOT NULL DEFAULT 0
    )`);
  await runner.query(`
    CREATE TABLE decided.api_key (
      id text CONSTRAINT api_key_pkey PRIMARY KEY,
      name text NOT NULL,
      hash bytea NOT NULL,
      scopes text[] NOT NULL,
      created_at timestamptz(3) NOT NULL,
      expires_at timestamptz(3),
      last_used_at timestamptz(3),
      revoked_at timestamptz(3)
    )`);
  await runner.query(`
    CREATE TABLE decided.audit_log (
      id bigint GENERATED ALWAYS AS IDENTITY CONSTRAINT audit_log_pkey PRIMARY KEY,
      at timestamptz(3) NOT NULL,
      actor text NOT NULL,
      action text NOT NULL,
      subject text NOT NULL,
      facts jsonb NOT NULL
    )`);
  await runner.query('CREATE INDEX audit_log_by_subject ON decided.audit_log (subject, id)');
}
