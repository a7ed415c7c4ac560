-- What the migrations make. Written by libs/storage/src/database/schema.int.spec.ts; not run by anything.
CREATE SCHEMA computed;
CREATE SCHEMA decided;
CREATE SCHEMA sent;
CREATE SEQUENCE computed.alert_change;
CREATE SEQUENCE decided.blocking_change;

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
  rule_owner text,
  rule_runbook text,
  decision json,
  retro boolean NOT NULL DEFAULT false,
  incident text,
  triage_status text NOT NULL DEFAULT 'new'::text,
  triage_owner text,
  triage_verdict text,
  triage_reason text,
  triage_notes integer NOT NULL DEFAULT 0,
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

CREATE TABLE computed.alert_kind (
  rule_id text NOT NULL,
  rule_name text NOT NULL,
  rule_title text NOT NULL,
  severity text NOT NULL,
  CONSTRAINT alert_kind_pkey PRIMARY KEY (rule_id, rule_name, rule_title, severity)
);

CREATE TABLE computed.contest_ballots (
  contest text NOT NULL,
  key bytea NOT NULL,
  rules text[] NOT NULL,
  sums json NOT NULL,
  CONSTRAINT contest_ballots_pkey PRIMARY KEY (contest, key)
);

CREATE TABLE computed.contest_entry (
  contest text NOT NULL,
  entry text NOT NULL,
  at timestamp(3) with time zone NOT NULL,
  source text NOT NULL,
  id text NOT NULL,
  actor text,
  title text,
  state text,
  CONSTRAINT contest_entry_pkey PRIMARY KEY (contest, entry, at, source, id)
);

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
);

CREATE TABLE computed.contest_stale (
  contest text NOT NULL,
  counted text,
  CONSTRAINT contest_stale_pkey PRIMARY KEY (contest)
);

CREATE TABLE computed.contest_suspect (
  alert text NOT NULL,
  rule text NOT NULL,
  contest text,
  voter text,
  ip text,
  network text,
  account_created_on text,
  entry text,
  first_seen timestamp(3) with time zone NOT NULL,
  opened_at timestamp(3) with time zone NOT NULL,
  closed_at timestamp(3) with time zone,
  CONSTRAINT contest_suspect_pkey PRIMARY KEY (alert)
);

CREATE TABLE computed.contest_tally (
  contest text NOT NULL,
  key bytea NOT NULL,
  rules text[] NOT NULL,
  choice json NOT NULL,
  votes bigint NOT NULL,
  CONSTRAINT contest_tally_pkey PRIMARY KEY (contest, key)
);

CREATE TABLE computed.contest_vote (
  contest text NOT NULL,
  voter text NOT NULL,
  at timestamp(3) with time zone NOT NULL,
  source text NOT NULL,
  id text NOT NULL,
  ip text,
  choice json NOT NULL,
  network text,
  account_created_on text,
  live boolean NOT NULL DEFAULT false,
  rules text[],
  CONSTRAINT contest_vote_pkey PRIMARY KEY (voter, contest, at, source, id)
);

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
  starts_at timestamp(3) with time zone NOT NULL,
  until timestamp(3) with time zone NOT NULL,
  duration_ms bigint NOT NULL,
  guard text,
  minute timestamp(3) with time zone NOT NULL,
  change bigint NOT NULL,
  CONSTRAINT decision_pkey PRIMARY KEY (alert_id, term)
);

CREATE TABLE computed.exposure (
  contest text NOT NULL,
  voter text NOT NULL,
  at timestamp(3) with time zone NOT NULL,
  source text NOT NULL,
  id text NOT NULL,
  shown text[] NOT NULL,
  CONSTRAINT exposure_pkey PRIMARY KEY (contest, voter, at, source, id)
);

CREATE TABLE computed.feed_feedback (
  at timestamp(3) with time zone NOT NULL,
  item_key bigint NOT NULL,
  tie integer NOT NULL,
  user_id integer NOT NULL,
  sharer integer,
  slot smallint NOT NULL,
  is_on boolean NOT NULL,
  CONSTRAINT feed_feedback_pkey PRIMARY KEY (user_id, item_key, slot)
);

CREATE TABLE computed.feed_inbox (
  at timestamp(3) with time zone NOT NULL,
  tie bigint NOT NULL,
  user_id integer NOT NULL,
  author integer NOT NULL,
  CONSTRAINT feed_inbox_pkey PRIMARY KEY (user_id, at, tie) INCLUDE (author)
);

CREATE TABLE computed.feed_pulled (
  author integer NOT NULL,
  CONSTRAINT feed_pulled_pkey PRIMARY KEY (author)
);

CREATE TABLE computed.feed_turn (
  one boolean NOT NULL,
  turn bigint NOT NULL,
  generation text NOT NULL,
  CONSTRAINT feed_turn_pkey PRIMARY KEY (one)
);

CREATE TABLE computed.feed_user (
  id integer NOT NULL GENERATED ALWAYS AS IDENTITY,
  name text NOT NULL,
  horizon_tie bigint,
  horizon_at timestamp(3) with time zone,
  CONSTRAINT feed_user_pkey PRIMARY KEY (id)
);

CREATE TABLE computed.guard_bite (
  rule_id text NOT NULL,
  reason text NOT NULL,
  minute timestamp(3) with time zone NOT NULL,
  rule_name text NOT NULL,
  refused integer NOT NULL,
  first_at timestamp(3) with time zone NOT NULL,
  last_at timestamp(3) with time zone NOT NULL,
  closed boolean NOT NULL,
  CONSTRAINT guard_bite_pkey PRIMARY KEY (rule_id, reason, minute)
);

CREATE TABLE computed.held_alert (
  alert_id text NOT NULL,
  silence_id text NOT NULL,
  at timestamp(3) with time zone NOT NULL,
  CONSTRAINT held_alert_pkey PRIMARY KEY (alert_id, silence_id)
);

CREATE TABLE computed.incident_run (
  cause text NOT NULL,
  begins timestamp(3) with time zone NOT NULL,
  ends timestamp(3) with time zone NOT NULL,
  alert_id text NOT NULL,
  CONSTRAINT incident_run_pkey PRIMARY KEY (cause, begins)
);

CREATE TABLE computed.incident_sum (
  incident text NOT NULL,
  rule_name text NOT NULL,
  severity text NOT NULL,
  alerts integer NOT NULL,
  open integer NOT NULL,
  acknowledged integer NOT NULL,
  closed integer NOT NULL,
  CONSTRAINT incident_sum_pkey PRIMARY KEY (incident, rule_name, severity)
);

CREATE TABLE computed.projection_position (
  projection text NOT NULL,
  topic text NOT NULL,
  partition integer NOT NULL,
  "offset" bigint NOT NULL,
  CONSTRAINT projection_position_pkey PRIMARY KEY (projection, topic, partition)
);

CREATE TABLE computed.relation (
  at timestamp(3) with time zone NOT NULL,
  turn bigint NOT NULL,
  tie integer NOT NULL,
  actor integer NOT NULL,
  target integer NOT NULL,
  kind smallint NOT NULL,
  is_on boolean NOT NULL,
  CONSTRAINT relation_pkey PRIMARY KEY (actor, kind, target)
);

CREATE TABLE computed.retraction (
  source text NOT NULL,
  id text NOT NULL,
  actor text NOT NULL,
  at timestamp(3) with time zone NOT NULL,
  CONSTRAINT retraction_pkey PRIMARY KEY (source, id, actor, at)
);

CREATE TABLE computed.share (
  at timestamp(3) with time zone NOT NULL,
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
);

CREATE TABLE computed.share_retraction (
  source text NOT NULL,
  id text NOT NULL,
  actor text NOT NULL,
  CONSTRAINT share_retraction_pkey PRIMARY KEY (source, id, actor)
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

CREATE TABLE decided.answered_request (
  actor text NOT NULL,
  key text NOT NULL,
  digest text NOT NULL,
  answer json NOT NULL,
  at timestamp(3) with time zone NOT NULL,
  CONSTRAINT answered_request_pkey PRIMARY KEY (actor, key)
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
  previous_hash bytea,
  previous_until timestamp(3) with time zone,
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

CREATE TABLE decided.bouncer (
  key_id text NOT NULL,
  address text NOT NULL,
  pulled_at timestamp(3) with time zone NOT NULL,
  held bytea NOT NULL,
  version text NOT NULL DEFAULT ''::text,
  CONSTRAINT bouncer_pkey PRIMARY KEY (key_id, address)
);

CREATE TABLE decided.contest (
  id text NOT NULL,
  title text NOT NULL,
  mode text NOT NULL,
  half_life_seconds integer NOT NULL,
  discounting_rules text[] NOT NULL,
  closed_at timestamp(3) with time zone,
  change integer NOT NULL,
  created_at timestamp(3) with time zone NOT NULL,
  narrowing jsonb,
  CONSTRAINT contest_pkey PRIMARY KEY (id)
);

CREATE TABLE decided.contest_step (
  contest text NOT NULL,
  step integer NOT NULL,
  round integer NOT NULL,
  action text NOT NULL,
  at timestamp(3) with time zone NOT NULL,
  taken_at timestamp(3) with time zone NOT NULL,
  actor text,
  judged jsonb NOT NULL,
  undone_at timestamp(3) with time zone,
  undone_by text,
  CONSTRAINT contest_step_pkey PRIMARY KEY (contest, step)
);

CREATE TABLE decided.decision (
  uuid text NOT NULL,
  id bigint NOT NULL,
  type text NOT NULL,
  scope text NOT NULL,
  value text NOT NULL,
  starts_at timestamp(3) with time zone NOT NULL,
  until timestamp(3) with time zone NOT NULL,
  author text NOT NULL,
  reason text NOT NULL,
  change bigint NOT NULL,
  CONSTRAINT decision_pkey PRIMARY KEY (uuid)
);

CREATE TABLE decided.decision_lift (
  uuid text NOT NULL,
  at timestamp(3) with time zone NOT NULL,
  actor text NOT NULL,
  change bigint NOT NULL,
  CONSTRAINT decision_lift_pkey PRIMARY KEY (uuid)
);

CREATE TABLE decided.fixture (
  alert_id text NOT NULL,
  verdict text NOT NULL,
  rule_id text NOT NULL,
  rule_name text NOT NULL,
  rule_version integer NOT NULL,
  events integer NOT NULL,
  files json NOT NULL,
  actor text NOT NULL,
  at timestamp(3) with time zone NOT NULL,
  CONSTRAINT fixture_pkey PRIMARY KEY (alert_id)
);

CREATE TABLE decided.person (
  id text NOT NULL,
  name text NOT NULL,
  role text NOT NULL,
  signed_in_at timestamp(3) with time zone NOT NULL,
  CONSTRAINT person_pkey PRIMARY KEY (id)
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

CREATE TABLE decided.session (
  hash bytea NOT NULL,
  person_id text NOT NULL,
  role text NOT NULL,
  expires_at timestamp(3) with time zone NOT NULL,
  CONSTRAINT session_pkey PRIMARY KEY (hash)
);

CREATE TABLE decided.silence (
  id text NOT NULL,
  kind text NOT NULL,
  matchers jsonb NOT NULL,
  starts_at timestamp(3) with time zone NOT NULL,
  ends_at timestamp(3) with time zone,
  author text NOT NULL,
  reason text NOT NULL,
  source text NOT NULL,
  file_key text,
  created_at timestamp(3) with time zone NOT NULL,
  ended_at timestamp(3) with time zone,
  ended_by text,
  change bigint NOT NULL,
  CONSTRAINT silence_pkey PRIMARY KEY (id)
);

CREATE TABLE decided.triage (
  alert_id text NOT NULL,
  status text NOT NULL DEFAULT 'new'::text,
  owner text,
  verdict text,
  notes integer NOT NULL DEFAULT 0,
  reason text,
  change bigint NOT NULL DEFAULT 0,
  CONSTRAINT triage_pkey PRIMARY KEY (alert_id)
);

CREATE TABLE decided.triage_change (
  change bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
  alert_id text NOT NULL,
  actions text[] NOT NULL,
  status text NOT NULL,
  owner text,
  verdict text,
  reason text,
  note text,
  actor text NOT NULL,
  at timestamp(3) with time zone NOT NULL,
  CONSTRAINT triage_change_pkey PRIMARY KEY (change)
);

CREATE TABLE decided.webhook (
  id text NOT NULL,
  settings jsonb NOT NULL,
  secrets text[] NOT NULL,
  version integer NOT NULL,
  actor text NOT NULL,
  at timestamp(3) with time zone NOT NULL,
  CONSTRAINT webhook_pkey PRIMARY KEY (id)
);

CREATE TABLE sent.alert (
  alert_id text NOT NULL,
  state text NOT NULL,
  position_partition integer NOT NULL,
  position_offset bigint NOT NULL,
  transitions integer NOT NULL,
  held_back text,
  CONSTRAINT alert_pkey PRIMARY KEY (alert_id)
);

CREATE TABLE sent.conversation (
  target text NOT NULL,
  alert_id text NOT NULL,
  open boolean NOT NULL,
  alert json NOT NULL,
  changed_at timestamp(3) with time zone NOT NULL,
  resend_at timestamp(3) with time zone,
  CONSTRAINT conversation_pkey PRIMARY KEY (target, alert_id)
);

CREATE TABLE sent.failing (
  target text NOT NULL,
  first bigint NOT NULL,
  since timestamp(3) with time zone NOT NULL,
  dead integer NOT NULL,
  CONSTRAINT failing_pkey PRIMARY KEY (target)
);

CREATE TABLE sent.outbox (
  n bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
  id text NOT NULL,
  target text NOT NULL,
  alert_id text NOT NULL,
  transition text NOT NULL,
  alert json NOT NULL,
  message text,
  state text NOT NULL DEFAULT 'waiting'::text,
  put_at timestamp(3) with time zone NOT NULL,
  due_at timestamp(3) with time zone NOT NULL,
  give_up_at timestamp(3) with time zone NOT NULL,
  attempts integer NOT NULL DEFAULT 0,
  claim text,
  claimed_until timestamp(3) with time zone,
  done_at timestamp(3) with time zone,
  status integer,
  problem text,
  CONSTRAINT outbox_pkey PRIMARY KEY (n)
);

CREATE TABLE sent.pause (
  target text NOT NULL,
  until timestamp(3) with time zone NOT NULL,
  CONSTRAINT pause_pkey PRIMARY KEY (target)
);

CREATE TABLE sent.received (
  alert_id text NOT NULL,
  alert json NOT NULL,
  ends_at timestamp(3) with time zone NOT NULL,
  CONSTRAINT received_pkey PRIMARY KEY (alert_id)
);

CREATE UNIQUE INDEX alert_by_change ON computed.alert USING btree (change);
CREATE INDEX alert_by_group ON computed.alert USING gin (group_terms);
CREATE INDEX alert_by_incident ON computed.alert USING btree (incident, opened_at, id) WHERE (incident IS NOT NULL);
CREATE INDEX alert_by_incident_end ON computed.alert USING btree (incident, last_seen) WHERE (incident IS NOT NULL);
CREATE INDEX alert_by_incident_verdict ON computed.alert USING btree (incident, triage_verdict) WHERE ((incident IS NOT NULL) AND (triage_verdict IS NOT NULL));
CREATE INDEX alert_by_merged ON computed.alert USING btree (merged_into) WHERE (merged_into IS NOT NULL);
CREATE INDEX alert_by_opened ON computed.alert USING btree (opened_at, id);
CREATE INDEX alert_by_owner ON computed.alert USING btree (triage_owner, opened_at, id) WHERE (triage_owner IS NOT NULL);
CREATE INDEX alert_by_rule_id ON computed.alert USING btree (rule_id, opened_at, id);
CREATE INDEX alert_by_severity ON computed.alert USING btree (severity, opened_at, id);
CREATE INDEX alert_by_state ON computed.alert USING btree (state, opened_at, id);
CREATE INDEX alert_by_status ON computed.alert USING btree (triage_status, opened_at, id);
CREATE INDEX alert_by_text ON computed.alert USING gin (group_text computed.gin_trgm_ops);
CREATE INDEX alert_by_verdict ON computed.alert USING btree (triage_verdict, opened_at, id) WHERE (triage_verdict IS NOT NULL);
CREATE INDEX alert_names_incident ON computed.alert USING btree (opened_at, id) WHERE (incident = id);
CREATE INDEX contest_fading_by_slot ON computed.contest_fading USING btree (half_life, slot);
CREATE INDEX contest_suspect_by_account_day ON computed.contest_suspect USING btree (account_created_on) WHERE (account_created_on IS NOT NULL);
CREATE INDEX contest_suspect_by_ip ON computed.contest_suspect USING btree (ip) WHERE (ip IS NOT NULL);
CREATE INDEX contest_suspect_by_network ON computed.contest_suspect USING btree (network) WHERE (network IS NOT NULL);
CREATE INDEX contest_suspect_by_voter ON computed.contest_suspect USING btree (voter) WHERE (voter IS NOT NULL);
CREATE INDEX contest_vote_by_account_day ON computed.contest_vote USING btree (account_created_on, contest) WHERE (account_created_on IS NOT NULL);
CREATE INDEX contest_vote_by_address ON computed.contest_vote USING btree (network, ip) WHERE (network IS NOT NULL);
CREATE INDEX contest_vote_by_contest ON computed.contest_vote USING btree (contest);
CREATE INDEX decision_beyond_addresses_by_start ON computed.decision USING btree (rule_id, starts_at) WHERE (scope <> ALL (ARRAY['Ip'::text, 'Range'::text]));
CREATE INDEX decision_beyond_addresses_by_until ON computed.decision USING btree (rule_id, until) WHERE (scope <> ALL (ARRAY['Ip'::text, 'Range'::text]));
CREATE INDEX decision_by_change ON computed.decision USING btree (change);
CREATE INDEX decision_by_id ON computed.decision USING btree (id);
CREATE INDEX decision_by_minute ON computed.decision USING btree (rule_id, minute, starts_at, alert_id, term) WHERE (guard IS NULL);
CREATE INDEX decision_by_start ON computed.decision USING btree (starts_at, uuid);
CREATE INDEX decision_by_until ON computed.decision USING btree (until);
CREATE UNIQUE INDEX decision_by_uuid ON computed.decision USING btree (uuid);
CREATE INDEX decision_by_value ON computed.decision USING btree (value, starts_at);
CREATE INDEX feed_feedback_by_sharer ON computed.feed_feedback USING btree (user_id, at) WHERE ((sharer IS NOT NULL) AND (slot > 1));
CREATE UNIQUE INDEX feed_user_by_name ON computed.feed_user USING btree (name);
CREATE INDEX guard_bite_by_open ON computed.guard_bite USING btree (minute) WHERE (NOT closed);
CREATE INDEX held_alert_by_silence ON computed.held_alert USING btree (silence_id);
CREATE INDEX incident_sum_open ON computed.incident_sum USING btree (incident) WHERE (open > 0);
CREATE INDEX relation_blockers ON computed.relation USING btree (target, actor) WHERE ((kind = 3) AND is_on);
CREATE INDEX relation_followers ON computed.relation USING btree (target, actor) WHERE ((kind = 1) AND is_on);
CREATE UNIQUE INDEX share_by_event ON computed.share USING btree (source, id, author);
CREATE INDEX share_by_object ON computed.share USING btree (object_key, author);
CREATE INDEX share_by_turn ON computed.share USING btree (author, turn);
CREATE INDEX answered_request_by_time ON decided.answered_request USING btree (at);
CREATE INDEX audit_log_by_actor ON decided.audit_log USING btree (actor, at, id);
CREATE INDEX audit_log_by_subject ON decided.audit_log USING btree (subject, id);
CREATE INDEX audit_log_by_time ON decided.audit_log USING btree (at, id);
CREATE INDEX decision_by_change ON decided.decision USING btree (change);
CREATE INDEX decision_by_id ON decided.decision USING btree (id);
CREATE INDEX decision_by_start ON decided.decision USING btree (starts_at, uuid);
CREATE INDEX decision_by_until ON decided.decision USING btree (until);
CREATE INDEX decision_by_value ON decided.decision USING btree (value, starts_at);
CREATE INDEX decision_lift_by_change ON decided.decision_lift USING btree (change);
CREATE INDEX fixture_by_rule ON decided.fixture USING btree (rule_id, at);
CREATE INDEX rule_change_by_rule ON decided.rule_change USING btree (rule_id, change);
CREATE INDEX session_by_expiry ON decided.session USING btree (expires_at);
CREATE INDEX silence_by_change ON decided.silence USING btree (change);
CREATE INDEX silence_by_kind ON decided.silence USING btree (kind, created_at, id);
CREATE INDEX triage_change_by_alert ON decided.triage_change USING btree (alert_id, change);
CREATE INDEX conversation_by_alert ON sent.conversation USING btree (alert_id);
CREATE INDEX conversation_over ON sent.conversation USING btree (changed_at) WHERE (NOT open);
CREATE INDEX conversation_resend ON sent.conversation USING btree (resend_at) WHERE (resend_at IS NOT NULL);
CREATE UNIQUE INDEX outbox_by_id ON sent.outbox USING btree (id);
CREATE INDEX outbox_by_message ON sent.outbox USING btree (message);
CREATE INDEX outbox_by_target ON sent.outbox USING btree (target, n);
CREATE INDEX outbox_done ON sent.outbox USING btree (done_at) WHERE (done_at IS NOT NULL);
CREATE INDEX outbox_due ON sent.outbox USING btree (target, due_at, n) WHERE (state = 'waiting'::text);
CREATE INDEX outbox_order ON sent.outbox USING btree (target, alert_id, n) WHERE (state = 'waiting'::text);
CREATE INDEX received_by_end ON sent.received USING btree (ends_at);

CREATE OR REPLACE FUNCTION decided.refuse_change()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
      BEGIN
        RAISE EXCEPTION '% of %.% is refused: what is there stays', TG_OP, TG_TABLE_SCHEMA, TG_TABLE_NAME
          USING ERRCODE = 'insufficient_privilege';
      END $function$;

CREATE OR REPLACE FUNCTION computed.sum_incidents()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
  BEGIN
    CASE TG_OP
      WHEN 'INSERT' THEN 
  INSERT INTO computed.incident_sum AS s
  SELECT incident, rule_name, severity, sum(alerts), sum(open), sum(acknowledged), sum(closed) FROM (SELECT incident, rule_name, severity, 1 AS alerts, (state = 'open')::integer AS open,
  (triage_status = 'acknowledged')::integer AS acknowledged, (triage_status = 'closed')::integer AS closed FROM now WHERE incident IS NOT NULL AND state <> 'merged' AND NOT shadow AND NOT retro) AS change (incident, rule_name, severity, alerts, open, acknowledged, closed)
  GROUP BY incident, rule_name, severity HAVING (sum(alerts), sum(open), sum(acknowledged), sum(closed)) <> (0, 0, 0, 0) ORDER BY incident, rule_name, severity
  ON CONFLICT (incident, rule_name, severity) DO UPDATE SET alerts = s.alerts + excluded.alerts, open = s.open + excluded.open,
    acknowledged = s.acknowledged + excluded.acknowledged, closed = s.closed + excluded.closed;
      WHEN 'UPDATE' THEN 
  INSERT INTO computed.incident_sum AS s
  SELECT incident, rule_name, severity, sum(alerts), sum(open), sum(acknowledged), sum(closed) FROM (SELECT incident, rule_name, severity, 1 AS alerts, (state = 'open')::integer AS open,
  (triage_status = 'acknowledged')::integer AS acknowledged, (triage_status = 'closed')::integer AS closed FROM now WHERE incident IS NOT NULL AND state <> 'merged' AND NOT shadow AND NOT retro UNION ALL 
  SELECT incident, rule_name, severity, -alerts, -open, -acknowledged, -closed
  FROM (SELECT incident, rule_name, severity, 1 AS alerts, (state = 'open')::integer AS open,
  (triage_status = 'acknowledged')::integer AS acknowledged, (triage_status = 'closed')::integer AS closed FROM before WHERE incident IS NOT NULL AND state <> 'merged' AND NOT shadow AND NOT retro) AS went (incident, rule_name, severity, alerts, open, acknowledged, closed)) AS change (incident, rule_name, severity, alerts, open, acknowledged, closed)
  GROUP BY incident, rule_name, severity HAVING (sum(alerts), sum(open), sum(acknowledged), sum(closed)) <> (0, 0, 0, 0) ORDER BY incident, rule_name, severity
  ON CONFLICT (incident, rule_name, severity) DO UPDATE SET alerts = s.alerts + excluded.alerts, open = s.open + excluded.open,
    acknowledged = s.acknowledged + excluded.acknowledged, closed = s.closed + excluded.closed;
      WHEN 'DELETE' THEN 
  INSERT INTO computed.incident_sum AS s
  SELECT incident, rule_name, severity, sum(alerts), sum(open), sum(acknowledged), sum(closed) FROM (
  SELECT incident, rule_name, severity, -alerts, -open, -acknowledged, -closed
  FROM (SELECT incident, rule_name, severity, 1 AS alerts, (state = 'open')::integer AS open,
  (triage_status = 'acknowledged')::integer AS acknowledged, (triage_status = 'closed')::integer AS closed FROM before WHERE incident IS NOT NULL AND state <> 'merged' AND NOT shadow AND NOT retro) AS went (incident, rule_name, severity, alerts, open, acknowledged, closed)) AS change (incident, rule_name, severity, alerts, open, acknowledged, closed)
  GROUP BY incident, rule_name, severity HAVING (sum(alerts), sum(open), sum(acknowledged), sum(closed)) <> (0, 0, 0, 0) ORDER BY incident, rule_name, severity
  ON CONFLICT (incident, rule_name, severity) DO UPDATE SET alerts = s.alerts + excluded.alerts, open = s.open + excluded.open,
    acknowledged = s.acknowledged + excluded.acknowledged, closed = s.closed + excluded.closed;
      ELSE TRUNCATE computed.incident_sum;
    END CASE;
    RETURN NULL;
  END $function$;
CREATE TRIGGER alert_delete_sums AFTER DELETE ON computed.alert REFERENCING OLD TABLE AS before FOR EACH STATEMENT EXECUTE FUNCTION computed.sum_incidents();
CREATE TRIGGER alert_insert_sums AFTER INSERT ON computed.alert REFERENCING NEW TABLE AS now FOR EACH STATEMENT EXECUTE FUNCTION computed.sum_incidents();
CREATE TRIGGER alert_truncate_sums AFTER TRUNCATE ON computed.alert FOR EACH STATEMENT EXECUTE FUNCTION computed.sum_incidents();
CREATE TRIGGER alert_update_sums AFTER UPDATE ON computed.alert REFERENCING OLD TABLE AS before NEW TABLE AS now FOR EACH STATEMENT EXECUTE FUNCTION computed.sum_incidents();
CREATE TRIGGER audit_log_only_grows BEFORE DELETE OR UPDATE OR TRUNCATE ON decided.audit_log FOR EACH STATEMENT EXECUTE FUNCTION decided.refuse_change();
