import { Client } from 'pg';
import { systemClock } from '#libs/clock';
import type { Config } from '#libs/config';
import { openKafkaLog } from '#libs/log';
import { compileRules } from '#libs/sigma';
import { checkEmbeddedPostgres } from '#libs/storage';
import { addressOf } from '../client/client.js';
import { kafkaOptionsOf } from '../server/open-log.js';
import { cannotListen, tryToListen } from '../server/port.js';
import { readRuleFiles } from '../server/rule-files.js';
import { count } from '../terminal/table.js';
import { type Finding, fail, ok, warn } from './finding.js';

const CONNECT_MS = 5_000;
const POSTGRES_VERSION_MIN = 160_000;

export async function checkPort(config: Config): Promise<Finding> {
  const { httpHost, httpPort } = config;
  const place = `${httpHost}:${httpPort}`;
  const refused = await tryToListen(httpHost, httpPort);
  if (refused === null) return ok('port', `${place} is free.`);
  if (refused === 'EADDRINUSE' && (await weirAnswers(addressOf(config)))) return ok('port', `Weir runs at ${place}.`);
  return fail('port', cannotListen(config, refused).message);
}

async function weirAnswers(url: string): Promise<boolean> {
  try {
    return (await fetch(`${url}/health/live`, { signal: AbortSignal.timeout(CONNECT_MS) })).ok;
  } catch {
    return false;
  }
}

export async function checkPostgres({ databaseUrl, dataDir }: Config): Promise<Finding> {
  if (databaseUrl) return checkOwnPostgres(databaseUrl);
  try {
    return ok('postgres', `The built-in PostgreSQL can run (${await checkEmbeddedPostgres(dataDir)}).`);
  } catch (error) {
    return fail('postgres', (error as Error).message);
  }
}

export async function checkKafka(config: Config): Promise<Finding> {
  try {
    const kafka = kafkaOptionsOf(config);
    if (!kafka) return ok('log', 'The log is embedded, in the data folder.');
    const log = await openKafkaLog({ ...kafka, clock: systemClock, patienceMs: CONNECT_MS });
    try {
      return ok('log', `Kafka answers, with ${count((await log.topics()).length)} topics for us.`);
    } finally {
      await log.close();
    }
  } catch (error) {
    return fail('log', (error as Error).message);
  }
}

async function checkOwnPostgres(connectionString: string): Promise<Finding> {
  const client = new Client({ connectionString, connectionTimeoutMillis: CONNECT_MS, statement_timeout: CONNECT_MS });
  client.on('error', () => undefined);
  try {
    await client.connect();
    const { rows } = await client.query<{ version: string; number: string }>(
      "SELECT current_setting('server_version') AS version, current_setting('server_version_num') AS number",
    );
    const [{ version, number }] = rows;
    if (Number(number) >= POSTGRES_VERSION_MIN) return ok('postgres', `PostgreSQL ${version} answers.`);
    return fail('postgres', `PostgreSQL ${version} answers, and is older than what Weir needs: take 16 or newer.`);
  } catch (error) {
    const why = (error as Error).message || (error as NodeJS.ErrnoException).code;
    return fail(
      'postgres',
      `WEIR_DATABASE_URL does not lead to a PostgreSQL that lets us in (${why}): check host, name and password.`,
    );
  } finally {
    await client.end().catch(() => undefined);
  }
}

export function checkRules({ rulesDir }: Config): Finding {
  try {
    const { correlations, detections, problems } = compileRules(readRuleFiles(rulesDir));
    if (problems.length > 0) {
      return warn(
        'rules',
        `${count(problems.length)} problems in the rules of ${rulesDir}: \`weir rules check\` names them.`,
      );
    }
    const rules = correlations.length + detections.length;
    if (rules === 0)
      return warn('rules', `There is no rule in ${rulesDir}: nothing will be found; set WEIR_RULES_DIR.`);
    return ok('rules', `${count(rules)} rules in ${rulesDir} compile.`);
  } catch (error) {
    return fail('rules', (error as Error).message);
  }
}
