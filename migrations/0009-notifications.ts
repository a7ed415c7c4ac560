import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Targets are decided by people. What was sent to them is in a schema of its own, `sent`: it does not follow from the log
 * (a rebuild must not send it again, nor forget what is still to be sent), and nobody decided it.
 */
export class Notifications0000000000009 implements MigrationInterface {
  readonly name = 'Notifications0000000000009';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE decided.webhook (
        id text CONSTRAINT webhook_pkey PRIMARY KEY,
        settings jsonb NOT NULL,
        secrets text[] NOT NULL,
        version integer NOT NULL,
        actor text NOT NULL,
        at timestamptz(3) NOT NULL
      )`);
    await runner.query('CREATE SCHEMA IF NOT EXISTS sent');
    await createOutbox(runner);
    await createAlerts(runner);
  }

  async down(): Promise<void> {
    // Forward only.
  }
}

async function createOutbox(runner: QueryRunner): Promise<void> {
  await runner.query(`
    CREATE TABLE sent.outbox (
      n bigint GENERATED ALWAYS AS IDENTITY CONSTRAINT outbox_pkey PRIMARY KEY,
      id text NOT NULL,
      target text NOT NULL,
      alert_id text NOT NULL,
      transition text NOT NULL,
      alert json NOT NULL,
      message text,
      state text NOT NULL DEFAULT 'waiting',
      put_at timestamptz(3) NOT NULL,
      due_at timestamptz(3) NOT NULL,
      give_up_at timestamptz(3) NOT NULL,
      attempts integer NOT NULL DEFAULT 0,
      claim text,
      claimed_until timestamptz(3),
      done_at timestamptz(3),
      status integer,
      problem text
    )`);
  await runner.query('CREATE UNIQUE INDEX outbox_by_id ON sent.outbox (id)');
  await runner.query(`CREATE INDEX outbox_due ON sent.outbox (target, due_at, n) WHERE state = 'waiting'`);
  await runner.query(`CREATE INDEX outbox_order ON sent.outbox (target, alert_id, n) WHERE state = 'waiting'`);
  await runner.query('CREATE INDEX outbox_by_target ON sent.outbox (target, n)');
  await runner.query('CREATE INDEX outbox_done ON sent.outbox (done_at) WHERE done_at IS NOT NULL');
  await runner.query('CREATE INDEX outbox_by_message ON sent.outbox (message)');
}

async function createAlerts(runner: QueryRunner): Promise<void> {
  await runner.query(`
    CREATE TABLE sent.alert (
      alert_id text CONSTRAINT alert_pkey PRIMARY KEY,
      state text NOT NULL,
      position_partition integer NOT NULL,
      position_offset bigint NOT NULL,
      transitions integer NOT NULL,
      held_back text
    )`);
  await runner.query(`
    CREATE TABLE sent.conversation (
      target text NOT NULL,
      alert_id text NOT NULL,
      open boolean NOT NULL,
      alert json NOT NULL,
      changed_at timestamptz(3) NOT NULL,
      resend_at timestamptz(3),
      CONSTRAINT conversation_pkey PRIMARY KEY (target, alert_id)
    )`);
  await runner.query('CREATE INDEX conversation_by_alert ON sent.conversation (alert_id)');
  await runner.query('CREATE INDEX conversation_resend ON sent.conversation (resend_at) WHERE resend_at IS NOT NULL');
  await runner.query('CREATE INDEX conversation_over ON sent.conversation (changed_at) WHERE NOT open');
  await runner.query(`
    CREATE TABLE sent.received (
      alert_id text CONSTRAINT received_pkey PRIMARY KEY,
      alert json NOT NULL,
      ends_at timestamptz(3) NOT NULL
    )`);
  await runner.query('CREATE INDEX received_by_end ON sent.received (ends_at)');
  await runner.query(`
    CREATE TABLE sent.pause (
      target text CONSTRAINT pause_pkey PRIMARY KEY,
      until timestamptz(3) NOT NULL
    )`);
  await runner.query(`
    CREATE TABLE sent.failing (
      target text CONSTRAINT failing_pkey PRIMARY KEY,
      first bigint NOT NULL,
      since timestamptz(3) NOT NULL,
      dead integer NOT NULL
    )`);
}
