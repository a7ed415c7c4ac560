import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Running tallies of contests, so that a board needs not be counted from its votes. What was voted before is counted once
 * by the projection. The network of a vote's address and the day on which its voter's account was made, which `choice` had beside what
 * was chosen, are columns. Names of votes sort by their bytes, wherever the database is: which vote is the last depends on it. The key
 * of votes begins with the voter, so that it finds those of one in all contests; json is read in half the time of jsonb.
 */
export class ContestTallies0000000000016 implements MigrationInterface {
  readonly name = 'ContestTallies0000000000016';

  async up(runner: QueryRunner): Promise<void> {
    await alterVotes(runner);
    await createTallies(runner);
    await createSuspects(runner);
    await runner.query(`
      CREATE TABLE computed.contest_stale (
        contest text CONSTRAINT contest_stale_pkey PRIMARY KEY,
        counted text
      )`);
    await runner.query(`INSERT INTO computed.contest_stale SELECT DISTINCT contest FROM computed.contest_vote`);
  }

  async down(): Promise<void> {
    // Forward only.
  }
}

async function alterVotes(runner: QueryRunner): Promise<void> {
  const address = `regexp_replace(host(split_part(ip, '%', 1)::inet), '^::ffff:(?=[0-9]+[.])', '')::inet`;
  await runner.query(`
    ALTER TABLE computed.contest_vote ADD COLUMN network text COLLATE "C", ADD COLUMN account_created_on text COLLATE "C",
      ADD COLUMN live boolean NOT NULL DEFAULT false, ADD COLUMN rules text[]`);
  await runner.query(`
    ALTER TABLE computed.contest_vote
      ALTER COLUMN contest TYPE text COLLATE "C", ALTER COLUMN voter TYPE text COLLATE "C",
      ALTER COLUMN source TYPE text COLLATE "C", ALTER COLUMN id TYPE text COLLATE "C",
      ALTER COLUMN network TYPE text COLLATE "C" USING CASE WHEN strpos(ip, ':') = 0 THEN rtrim(ip, '0123456789') || '0/24'
        ELSE network(set_masklen(${address}, CASE family(${address}) WHEN 4 THEN 24 ELSE 64 END))::text END,
      ALTER COLUMN account_created_on TYPE text COLLATE "C" USING choice ->> 'accountCreatedOn',
      ALTER COLUMN choice TYPE json USING (choice - 'accountCreatedOn')::json,
      DROP CONSTRAINT contest_vote_pkey,
      ADD CONSTRAINT contest_vote_pkey PRIMARY KEY (voter, contest, at, source, id)`);
  await runner.query(`CREATE INDEX contest_vote_by_contest ON computed.contest_vote (contest)`);
  await runner.query(`
    CREATE INDEX contest_vote_by_address ON computed.contest_vote (network, ip) WHERE network IS NOT NULL`);
  await runner.query(`
    CREATE INDEX contest_vote_by_account_day ON computed.contest_vote (account_created_on, contest)
    WHERE account_created_on IS NOT NULL`);
}

async function createTallies(runner: QueryRunner): Promise<void> {
  await runner.query(`
    CREATE TABLE computed.contest_tally (
      contest text NOT NULL,
      key bytea NOT NULL,
      rules text[] NOT NULL,
      choice json NOT NULL,
      votes bigint NOT NULL,
      CONSTRAINT contest_tally_pkey PRIMARY KEY (contest, key)
    )`);
  await runner.query(`
    CREATE TABLE computed.contest_fading (
      contest text NOT NULL,
      half_life integer NOT NULL,
      slot bigint NOT NULL,
      key bytea NOT NULL,
      rules text[] NOT NULL,
      choice json NOT NULL,
      weight bigint NOT NULL,
      squares bigint NOT NULL,
      CONSTRAINT contest_fading_pkey PRIMARY KEY (contest, half_life, slot, key)
    )`);
  await runner.query(`CREATE INDEX contest_fading_by_slot ON computed.contest_fading (half_life, slot)`);
  await runner.query(`
    CREATE TABLE computed.contest_ballots (
      contest text NOT NULL,
      key bytea NOT NULL,
      rules text[] NOT NULL,
      sums json NOT NULL,
      CONSTRAINT contest_ballots_pkey PRIMARY KEY (contest, key)
    )`);
}

async function createSuspects(runner: QueryRunner): Promise<void> {
  await runner.query(`
    CREATE TABLE computed.contest_suspect (
      alert text CONSTRAINT contest_suspect_pkey PRIMARY KEY,
      rule text NOT NULL,
      contest text,
      voter text,
      ip text,
      network text,
      account_created_on text,
      entry text,
      first_seen timestamptz(3) NOT NULL,
      opened_at timestamptz(3) NOT NULL,
      closed_at timestamptz(3)
    )`);
  await runner.query(
    `CREATE INDEX contest_suspect_by_voter ON computed.contest_suspect (voter) WHERE voter IS NOT NULL`,
  );
  await runner.query(`CREATE INDEX contest_suspect_by_ip ON computed.contest_suspect (ip) WHERE ip IS NOT NULL`);
  await runner.query(`
    CREATE INDEX contest_suspect_by_network ON computed.contest_suspect (network) WHERE network IS NOT NULL`);
  await runner.query(`
    CREATE INDEX contest_suspect_by_account_day ON computed.contest_suspect (account_created_on)
    WHERE account_created_on IS NOT NULL`);
}
