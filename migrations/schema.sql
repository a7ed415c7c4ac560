-- What the migrations make. Written by libs/storage/src/database/schema.int.spec.ts; not run by anything.
CREATE SCHEMA computed;
CREATE SCHEMA decided;
CREATE SEQUENCE computed.alert_change;

CREATE TABLE computed.alert (
  id text NOT NULL,
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
  first_seen timestamp(3) with time zone NOT NULL,
  opened_at timestamp(3) with time zone NOT NULL,
  last_seen timestamp(3) with time zone NOT NULL,
  closed_at timestamp(3) with time zone,
  value double precision NOT NULL,
  peak double precision NOT NULL,
  events bigint NOT NULL,
  expected double precision,
  shadow boolean NOT NULL,
  revision integer NOT NULL,
  position_partition integer NOT NULL,
  position_offset bigint NOT NULL,
  change bigint NOT NULL,
  CONSTRAINT alert_pkey PRIMARY KEY (id)
);

CREATE TABLE computed.alert_evidence (
  alert_id text NOT NULL,
  topic text NOT NULL,
  partition integer NOT NULL,
  "offset" bigint NOT NULL,
  "time" timestamp(3) with time zone NOT NULL,
  event json,
  CONSTRAINT alert_evidence_pkey PRIMARY KEY (alert_id, topic, partition, "offset")
);

CREATE TABLE computed.projection_position (
  projection text NOT NULL,
  topic text NOT NULL,
  partition integer NOT NULL,
  "offset" bigint NOT NULL,
  CONSTRAINT projection_position_pkey PRIMARY KEY (projection, topic, partition)
);

CREATE TABLE computed.snapshot (
  name text NOT NULL,
  generation bigint NOT NULL,
  "position" bigint,
  CONSTRAINT snapshot_pkey PRIMARY KEY (name)
);

CREATE TABLE computed.snapshot_chunk (
  name text NOT NULL,
  number integer NOT NULL,
  bytes bytea NOT NULL,
  CONSTRAINT snapshot_chunk_pkey PRIMARY KEY (name, number)
);

CREATE TABLE decided.api_key (
  id text NOT NULL,
  name text NOT NULL,
  hash bytea NOT NULL,
  scopes text[] NOT NULL,
  created_at timestamp(3) with time zone NOT NULL,
  expires_at timestamp(3) with time zone,
  last_used_at timestamp(3) with time zone,
  revoked_at timestamp(3) with time zone,
  CONSTRAINT api_key_pkey PRIMARY KEY (id)
);

CREATE TABLE decided.audit_log (
  id bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
  at timestamp(3) with time zone NOT NULL,
  actor text NOT NULL,
  action text NOT NULL,
  subject text NOT NULL,
  facts jsonb NOT NULL,
  CONSTRAINT audit_log_pkey PRIMARY KEY (id)
);

CREATE TABLE decided.rule (
  id text NOT NULL,
  state text NOT NULL,
  name text NOT NULL,
  version integer NOT NULL,
  source text NOT NULL,
  file text NOT NULL,
  text text NOT NULL,
  actor text NOT NULL,
  at timestamp(3) with time zone NOT NULL,
  change bigint NOT NULL,
  CONSTRAINT rule_pkey PRIMARY KEY (id)
);

CREATE TABLE decided.rule_change (
  change bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
  rule_id text NOT NULL,
  action text NOT NULL,
  state text,
  name text NOT NULL,
  version integer NOT NULL,
  source text NOT NULL,
  file text NOT NULL,
  text text NOT NULL,
  actor text NOT NULL,
  at timestamp(3) with time zone NOT NULL,
  CONSTRAINT rule_change_pkey PRIMARY KEY (change)
);

CREATE TABLE decided.triage (
  alert_id text NOT NULL,
  status text NOT NULL DEFAULT 'new'::text,
  owner text,
  verdict text,
  notes integer NOT NULL DEFAULT 0,
  CONSTRAINT triage_pkey PRIMARY KEY (alert_id)
);

CREATE UNIQUE INDEX alert_by_change ON computed.alert USING btree (change);
CREATE INDEX alert_by_group ON computed.alert USING gin (group_terms);
CREATE INDEX alert_by_opened ON computed.alert USING btree (opened_at, id);
CREATE INDEX alert_by_rule_id ON computed.alert USING btree (rule_id, opened_at, id);
CREATE INDEX alert_by_rule_name ON computed.alert USING btree (rule_name, opened_at, id);
CREATE INDEX alert_by_severity ON computed.alert USING btree (severity, opened_at, id);
CREATE INDEX alert_by_state ON computed.alert USING btree (state, opened_at, id);
CREATE INDEX audit_log_by_subject ON decided.audit_log USING btree (subject, id);
CREATE INDEX rule_change_by_rule ON decided.rule_change USING btree (rule_id, change);
