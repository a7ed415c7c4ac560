import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Feeds: who follows, mutes and blocks whom, what they shared, and what waits for whom. All of it is computed from the log. */
export class Feeds0000000000017 implements MigrationInterface {
  readonly name = 'Feeds0000000000017';

  async up(runner: QueryRunner): Promise<void> {
    for (const statement of [...graph, ...shares, ...feeds]) await runner.query(statement);
  }

  async down(): Promise<void> {
    // Forward only.
  }
}

// Names are long and edges are many: people have numbers here. Columns stand in the order that wastes the fewest bytes.
const graph = [
  `CREATE TABLE computed.feed_user (
    id integer GENERATED ALWAYS AS IDENTITY CONSTRAINT feed_user_pkey PRIMARY KEY,
    name text NOT NULL,
    horizon_tie bigint,
    horizon_at timestamptz(3)
  )`,
  `CREATE UNIQUE INDEX feed_user_by_name ON computed.feed_user (name)`,
  `CREATE TABLE computed.relation (
    at timestamptz(3) NOT NULL,
    turn bigint NOT NULL,
    tie integer NOT NULL,
    actor integer NOT NULL,
    target integer NOT NULL,
    kind smallint NOT NULL,
    is_on boolean NOT NULL,
    CONSTRAINT relation_pkey PRIMARY KEY (actor, kind, target)
  )`,
  `CREATE INDEX relation_followers ON computed.relation (target, actor) WHERE kind = 1 AND is_on`,
  `CREATE INDEX relation_blockers ON computed.relation (target, actor) WHERE kind = 3 AND is_on`,
];

const shares = [
  `CREATE TABLE computed.share (
    at timestamptz(3) NOT NULL,
    tie bigint NOT NULL,
    turn bigint NOT NULL,
    object_key bigint NOT NULL,
    author integer NOT NULL,
    source text NOT NULL,
    id text NOT NULL,
    via_source text,
    via_id text,
    audience text[],
    object json NOT NULL,
    text text,
    CONSTRAINT share_pkey PRIMARY KEY (author, at, tie)
  )`,
  `CREATE UNIQUE INDEX share_by_event ON computed.share (source, id, author)`,
  `CREATE INDEX share_by_object ON computed.share (object_key, author)`,
  `CREATE INDEX share_by_turn ON computed.share (author, turn)`,
  `CREATE TABLE computed.share_retraction (
    source text NOT NULL,
    id text NOT NULL,
    actor text NOT NULL,
    CONSTRAINT share_retraction_pkey PRIMARY KEY (source, id, actor)
  )`,
];

const feeds = [
  `CREATE TABLE computed.feed_turn (
    one boolean CONSTRAINT feed_turn_pkey PRIMARY KEY,
    turn bigint NOT NULL,
    generation text NOT NULL
  )`,
  `CREATE TABLE computed.feed_pulled (author integer CONSTRAINT feed_pulled_pkey PRIMARY KEY)`,
  `CREATE TABLE computed.feed_inbox (
    at timestamptz(3) NOT NULL,
    tie bigint NOT NULL,
    user_id integer NOT NULL,
    author integer NOT NULL,
    CONSTRAINT feed_inbox_pkey PRIMARY KEY (user_id, at, tie) INCLUDE (author)
  )`,
  `CREATE TABLE computed.feed_feedback (
    at timestamptz(3) NOT NULL,
    item_key bigint NOT NULL,
    tie integer NOT NULL,
    user_id integer NOT NULL,
    sharer integer,
    slot smallint NOT NULL,
    is_on boolean NOT NULL,
    CONSTRAINT feed_feedback_pkey PRIMARY KEY (user_id, item_key, slot)
  )`,
  `CREATE INDEX feed_feedback_by_sharer ON computed.feed_feedback (user_id, at) WHERE sharer IS NOT NULL AND slot > 1`,
];
