import type { MigrationInterface, QueryRunner } from 'typeorm';

/** The audit log only grows, and keys can be given another secret while the one before still works. */
export class Access0000000000011 implements MigrationInterface {
  readonly name = 'Access0000000000011';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE FUNCTION decided.refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        RAISE EXCEPTION '% of %.% is refused: what is there stays', TG_OP, TG_TABLE_SCHEMA, TG_TABLE_NAME
          USING ERRCODE = 'insufficient_privilege';
      END $$`);
    await runner.query(`
      CREATE TRIGGER audit_log_only_grows BEFORE UPDATE OR DELETE OR TRUNCATE ON decided.audit_log
        FOR EACH STATEMENT EXECUTE FUNCTION decided.refuse_change()`);
    await runner.query('CREATE INDEX audit_log_by_time ON decided.audit_log (at, id)');
    await runner.query('CREATE INDEX audit_log_by_actor ON decided.audit_log (actor, at, id)');
    await runner.query(`
      ALTER TABLE decided.api_key
        ADD COLUMN previous_hash bytea,
        ADD COLUMN previous_until timestamptz(3)`);
  }

  async down(): Promise<void> {
    // Forward only.
  }
}
