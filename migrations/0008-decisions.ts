import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Who is blocked: what rules raised, what people added and lifted, and what each bouncer was told. */
export class Decisions0000000000008 implements MigrationInterface {
  readonly name = 'Decisions0000000000008';

  async up(runner: QueryRunner): Promise<void> {
    await createComputed(runner);
    await createDecided(runner);
  }

  async down(): Promise<void> {
    // Forward only.
  }
}

async function createComputed(runner: QueryRunner): Promise<void> {
  await runner.query(`
    CREATE TABLE computed.decision (
      alert_id text NOT NULL,
      term integer NOT NULL,
      uuid text NOT NULL,
      id bigint NOT NULL,
      rule_id text NOT NULL,
      rule_name text NOT NULL,
      rule_owner text,
      severity text NOT NULL,
      group_fields json NOT NULL,
      type text NOT NULL,
      scope text NOT NULL,
      value text NOT NULL,
      starts_at timestamptz(3) NOT NULL,
      until timestamptz(3) NOT NULL,
      duration_ms bigint NOT NULL,
      guard text,
      minute timestamptz(3) NOT NULL,
      change bigint NOT NULL,
      CONSTRAINT decision_pkey PRIMARY KEY (alert_id, term)
    )`);
  await runner.query('CREATE UNIQUE INDEX decision_by_uuid ON computed.decision (uuid)');
  await runner.query('CREATE INDEX decision_by_id ON computed.decision (id)');
  await runner.query('CREATE INDEX decision_by_start ON computed.decision (starts_at, uuid)');
  await runner.query('CREATE INDEX decision_by_until ON computed.decision (until)');
  await runner.query('CREATE INDEX decision_by_value ON computed.decision (value, starts_at)');
  await runner.query('CREATE INDEX decision_by_change ON computed.decision (change)');
  await runner.query(`
    CREATE INDEX decision_by_minute ON computed.decision (rule_id, minute, starts_at, alert_id, term) WHERE guard IS NULL`);
  await runner.query(`
    CREATE TABLE computed.guard_bite (
      rule_id text NOT NULL,
      reason text NOT NULL,
      minute timestamptz(3) NOT NULL,
      rule_name text NOT NULL,
      refused integer NOT NULL,
      first_at timestamptz(3) NOT NULL,
      last_at timestamptz(3) NOT NULL,
      closed boolean NOT NULL,
      CONSTRAINT guard_bite_pkey PRIMARY KEY (rule_id, reason, minute)
    )`);
  await runner.query('CREATE INDEX guard_bite_by_open ON computed.guard_bite (minute) WHERE NOT closed');
}

async function createDecided(runner: QueryRunner): Promise<void> {
  await runner.query(`
    CREATE TABLE decided.decision (
      uuid text CONSTRAINT decision_pkey PRIMARY KEY,
      id bigint NOT NULL,
      type text NOT NULL,
      scope text NOT NULL,
      value text NOT NULL,
      starts_at timestamptz(3) NOT NULL,
      until timestamptz(3) NOT NULL,
      author text NOT NULL,
      reason text NOT NULL,
      change bigint NOT NULL
    )`);
  await runner.query('CREATE INDEX decision_by_id ON decided.decision (id)');
  await runner.query('CREATE INDEX decision_by_start ON decided.decision (starts_at, uuid)');
  await runner.query('CREATE INDEX decision_by_until ON decided.decision (until)');
  await runner.query('CREATE INDEX decision_by_value ON decided.decision (value, starts_at)');
  await runner.query('CREATE INDEX decision_by_change ON decided.decision (change)');
  await runner.query(`
    CREATE TABLE decided.decision_lift (
      uuid text CONSTRAINT decision_lift_pkey PRIMARY KEY,
      at timestamptz(3) NOT NULL,
      actor text NOT NULL,
      change bigint NOT NULL
    )`);
  await runner.query('CREATE INDEX decision_lift_by_change ON decided.decision_lift (change)');
  await runner.query(`
    CREATE TABLE decided.bouncer (
      key_id text NOT NULL,
      address text NOT NULL,
      pulled_at timestamptz(3) NOT NULL,
      held bytea NOT NULL,
      CONSTRAINT bouncer_pkey PRIMARY KEY (key_id, address)
    )`);
  // Rewritten whole and rarely compressible.
  await runner.query('ALTER TABLE decided.bouncer ALTER COLUMN held SET STORAGE EXTERNAL');
}
