import type { MigrationInterface, QueryRunner } from 'typeorm';

/** State of stages, for processes that share their work over several machines. It follows from the log. */
export class Snapshots0000000000002 implements MigrationInterface {
  readonly name = 'Snapshots0000000000002';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE computed.snapshot (
        name text CONSTRAINT snapshot_pkey PRIMARY KEY,
        generation bigint NOT NULL,
        position bigint
      )`);
    await runner.query(`
      CREATE TABLE computed.snapshot_chunk (
        name text NOT NULL,
        number integer NOT NULL,
        bytes bytea NOT NULL,
        CONSTRAINT snapshot_chunk_pkey PRIMARY KEY (name, number)
      )`);
    // Compressed already.
    await runner.query('ALTER TABLE computed.snapshot_chunk ALTER COLUMN bytes SET STORAGE EXTERNAL');
  }

  async down(): Promise<void> {
    // Forward only.
  }
}
