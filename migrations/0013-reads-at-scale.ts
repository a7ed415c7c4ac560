import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What the alerts of an incident add up to is kept, and what a bouncer was told has a name: neither is read through each time. */
export class ReadsAtScale0000000000013 implements MigrationInterface {
  readonly name = 'ReadsAtScale0000000000013';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`ALTER TABLE decided.bouncer ADD COLUMN version text NOT NULL DEFAULT ''`);
    await runner.query(`
      CREATE TABLE computed.incident_sum (
        incident text NOT NULL,
        rule_name text NOT NULL,
        severity text NOT NULL,
        alerts integer NOT NULL,
        open integer NOT NULL,
        acknowledged integer NOT NULL,
        closed integer NOT NULL,
        CONSTRAINT incident_sum_pkey PRIMARY KEY (incident, rule_name, severity)
      )`);
    await runner.query(`
      INSERT INTO computed.incident_sum
      SELECT ${kind}, ${sums} FROM (SELECT ${kind}, ${counted} FROM computed.alert WHERE ${counts}) AS counted
      GROUP BY ${kind}`);
    await runner.query(`
      CREATE INDEX incident_sum_open ON computed.incident_sum (incident) WHERE open > 0`);
    await runner.query(`
      CREATE INDEX alert_by_incident_end ON computed.alert (incident, last_seen) WHERE incident IS NOT NULL`);
    await runner.query(sumSql);
    for (const [event, tables] of events) {
      await runner.query(`
        CREATE TRIGGER alert_${event.toLowerCase()}_sums AFTER ${event} ON computed.alert ${tables}
        FOR EACH STATEMENT EXECUTE FUNCTION computed.sum_incidents()`);
    }
  }

  async down(): Promise<void> {
    // Forward only.
  }
}

const counts = `incident IS NOT NULL AND state <> 'merged' AND NOT shadow AND NOT retro`;

const events = [
  ['INSERT', 'REFERENCING NEW TABLE AS now'],
  ['UPDATE', 'REFERENCING OLD TABLE AS before NEW TABLE AS now'],
  ['DELETE', 'REFERENCING OLD TABLE AS before'],
  ['TRUNCATE', ''],
];

const kind = 'incident, rule_name, severity';
const counted = `1 AS alerts, (state = 'open')::integer AS open,
  (triage_status = 'acknowledged')::integer AS acknowledged, (triage_status = 'closed')::integer AS closed`;
const sums = 'sum(alerts), sum(open), sum(acknowledged), sum(closed)';
const came = `SELECT ${kind}, ${counted} FROM now WHERE ${counts}`;
const went = `
  SELECT ${kind}, -alerts, -open, -acknowledged, -closed
  FROM (SELECT ${kind}, ${counted} FROM before WHERE ${counts}) AS went (${kind}, alerts, open, acknowledged, closed)`;

const add = (changes: string): string => `
  INSERT INTO computed.incident_sum AS s
  SELECT ${kind}, ${sums} FROM (${changes}) AS change (${kind}, alerts, open, acknowledged, closed)
  GROUP BY ${kind} HAVING (${sums}) <> (0, 0, 0, 0) ORDER BY ${kind}
  ON CONFLICT (${kind}) DO UPDATE SET alerts = s.alerts + excluded.alerts, open = s.open + excluded.open,
    acknowledged = s.acknowledged + excluded.acknowledged, closed = s.closed + excluded.closed;`;

/** The rows that a statement changed, all at once; whoever it was that changed them. What comes to nothing stays, as nothing. */
const sumSql = `
  CREATE FUNCTION computed.sum_incidents() RETURNS trigger LANGUAGE plpgsql AS $$
  BEGIN
    CASE TG_OP
      WHEN 'INSERT' THEN ${add(came)}
      WHEN 'UPDATE' THEN ${add(`${came} UNION ALL ${went}`)}
      WHEN 'DELETE' THEN ${add(went)}
      ELSE TRUNCATE computed.incident_sum;
    END CASE;
    RETURN NULL;
  END $$`;
