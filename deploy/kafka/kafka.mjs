// A real Apache Kafka for tests and trials: KRaft, loopback only, small heaps, its data in ./data/kafka.
//
//   node deploy/kafka/kafka.mjs start [--brokers 1|3] [--broker N] [--data DIR] [--json]
//   node deploy/kafka/kafka.mjs stop  [--brokers 1|3] [--broker N] [--data DIR] [--force] [--json]
//
// One broker listens on 127.0.0.1:9092; of three, broker N listens on 127.0.0.1:(19090 + N). `--broker N` starts or stops
// one of the three; `--force` stops without a goodbye, as a crash would. The version is pinned in pom.xml. Start fetches
// the jars through Maven once, and does nothing where the broker already runs.
//
// 100 ports higher each broker listens with TLS and SASL too (user weir, password weir-trial, by PLAIN or SCRAM); whom to
// trust is in tls.pem, in the folder of the broker.
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, openSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { dirname, join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const here = dirname(fileURLToPath(import.meta.url));
const heapMiB = 384;
/** Of the listener with TLS, and of the file with its key: nothing that loopback does not guard. */
const trialPassword = 'weir-trial';
const readyMsMax = 90_000;
const stopMsMax = 30_000;

/** What the user can do something about: one sentence, no stack. */
class KafkaScriptError extends Error {}

/** Ports and folders of the brokers of a cluster of this size. */
function layout(size, data) {
  // The controllers come 200 ports higher.
  const firstPort = size === 1 ? 9092 : 19_091;
  const folder = resolve(data ?? join(here, '..', '..', 'data'), size === 1 ? 'kafka' : `kafka-${size}`);
  const brokers = Array.from({ length: size }, (_, i) => ({
    id: i + 1,
    port: firstPort + i,
    securePort: firstPort + 100 + i,
    controllerPort: firstPort + 200 + i,
    folder: join(folder, `broker-${i + 1}`),
  }));
  return { folder, size, brokers };
}

const pidFile = (broker) => join(broker.folder, 'pid');
const configFile = (broker) => join(broker.folder, 'server.properties');

/** The pid of the broker if it runs. A pid that another program has got since is not its. */
function runningPid(broker) {
  if (!existsSync(pidFile(broker))) return null;
  const pid = Number(readFileSync(pidFile(broker), 'utf8'));
  try {
    const command = execFileSync('ps', ['-o', 'args=', '-p', String(pid)], { encoding: 'utf8' });
    return command.includes(configFile(broker)) ? pid : null;
  } catch {
    return null;
  }
}

function need(command, flag, what) {
  const { status, stdout, stderr } = spawnSync(command, [flag], { encoding: 'utf8', timeout: 60_000 });
  const advice = 'Kafka needs Java 17 or later and Maven on the PATH. Install both.';
  if (status !== 0) throw new KafkaScriptError(`${what} is missing: ${advice}`);
  const [, version = '17'] = command === 'java' ? (/version "(\d+)/.exec(stdout + stderr) ?? []) : [];
  if (Number(version) < 17) throw new KafkaScriptError(`Java ${version} is too old: ${advice}`);
}

/** The jars of the pinned version, fetched once; shared by clusters of every size. */
function fetchJars(folder, say) {
  const pom = join(here, 'pom.xml');
  const stamp = createHash('sha256').update(readFileSync(pom)).digest('hex').slice(0, 12);
  const jars = join(dirname(folder), `kafka-jars-${stamp}`);
  if (existsSync(jars)) return jars;
  need('mvn', '-v', 'Maven');
  say('Fetching Kafka through Maven; this happens once.');
  const draft = `${jars}.${process.pid}.draft`;
  rmSync(draft, { recursive: true, force: true });
  mkdirSync(draft, { recursive: true });
  try {
    const args = ['-q', '-B', '-f', pom, 'dependency:copy-dependencies', `-DoutputDirectory=${draft}`];
    execFileSync('mvn', [...args, '-DincludeScope=runtime'], { stdio: 'pipe', timeout: 600_000 });
  } catch (error) {
    const said = `${error.stdout ?? ''}${error.stderr ?? ''}`.trim().split('\n').slice(0, 4).join(' ');
    throw new KafkaScriptError(
      `Maven could not fetch Kafka (${said || error.message}). Check its settings and the network.`,
    );
  }
  try {
    renameSync(draft, jars);
  } catch (error) {
    // Another start fetched them meanwhile: the same jars.
    if (!existsSync(jars)) throw error;
    rmSync(draft, { recursive: true, force: true });
  }
  return jars;
}

function serverProperties({ size, brokers }, broker) {
  const copies = Math.min(size, 3);
  const addresses = `PLAINTEXT://127.0.0.1:${broker.port},SECURE://127.0.0.1:${broker.securePort}`;
  const jaas = (module) => `org.apache.kafka.common.security.${module}LoginModule required`;
  const settings = {
    'process.roles': 'broker,controller',
    'node.id': broker.id,
    'controller.quorum.voters': brokers.map(({ id, controllerPort }) => `${id}@127.0.0.1:${controllerPort}`).join(','),
    'controller.listener.names': 'CONTROLLER',
    'listener.security.protocol.map': 'PLAINTEXT:PLAINTEXT,SECURE:SASL_SSL,CONTROLLER:PLAINTEXT',
    listeners: `${addresses},CONTROLLER://127.0.0.1:${broker.controllerPort}`,
    'advertised.listeners': addresses,
    'ssl.keystore.location': join(broker.folder, 'tls.p12'),
    'ssl.keystore.password': trialPassword,
    'ssl.keystore.type': 'PKCS12',
    'sasl.enabled.mechanisms': 'PLAIN,SCRAM-SHA-256,SCRAM-SHA-512',
    'listener.name.secure.plain.sasl.jaas.config': `${jaas('plain.Plain')} user_weir="${trialPassword}";`,
    'listener.name.secure.scram-sha-256.sasl.jaas.config': `${jaas('scram.Scram')};`,
    'listener.name.secure.scram-sha-512.sasl.jaas.config': `${jaas('scram.Scram')};`,
    'log.dirs': join(broker.folder, 'log'),
    'offsets.topic.num.partitions': 4,
    'offsets.topic.replication.factor': copies,
    'transaction.state.log.replication.factor': copies,
    'transaction.state.log.min.isr': Math.min(copies, 2),
    'min.insync.replicas': Math.min(copies, 2),
    'auto.create.topics.enable': false,
    'num.network.threads': 2,
    'num.io.threads': 4,
    'num.partitions': 1,
    // Deleted topics and idle groups of tests shall not pile up.
    'log.segment.delete.delay.ms': 1000,
    'group.initial.rebalance.delay.ms': 0,
    // What a process that died had goes to others after 6 s; the default of 45 s is long for a test.
    'group.consumer.min.session.timeout.ms': 1000,
    'group.consumer.session.timeout.ms': 6000,
    'group.consumer.min.heartbeat.interval.ms': 200,
    'group.consumer.heartbeat.interval.ms': 1000,
    'log.cleaner.dedupe.buffer.size': 16 * 1024 * 1024,
  };
  return Object.entries(settings)
    .map(([name, value]) => `${name}=${value}\n`)
    .join('');
}

function java(jars, ...args) {
  return [
    '-Xms64m',
    `-Xmx${heapMiB}m`,
    '-XX:+UseSerialGC',
    '-XX:TieredStopAtLevel=4',
    '-Dorg.slf4j.simpleLogger.defaultLogLevel=warn',
    '-Dorg.slf4j.simpleLogger.log.kafka.server.KafkaRaftServer=info',
    '-Dorg.slf4j.simpleLogger.showDateTime=true',
    '-cp',
    join(jars, '*'),
    ...args,
  ];
}

function format(cluster, broker, jars) {
  mkdirSync(broker.folder, { recursive: true });
  writeFileSync(configFile(broker), serverProperties(cluster, broker));
  if (!existsSync(join(broker.folder, 'tls.pem'))) makeKey(broker);
  if (existsSync(join(broker.folder, 'log', 'meta.properties'))) return;
  // The same in every broker of the cluster; 16 bytes, as Kafka wants it.
  const clusterId = createHash('sha256').update(cluster.folder).digest().subarray(0, 16).toString('base64url');
  const tool = ['kafka.tools.StorageTool', 'format', '-t', clusterId, '-c', configFile(broker)];
  for (const mechanism of ['SCRAM-SHA-256', 'SCRAM-SHA-512']) {
    tool.push('--add-scram', `${mechanism}=[name=weir,password=${trialPassword}]`);
  }
  execFileSync('java', java(jars, ...tool), { stdio: 'pipe', timeout: 60_000 });
}

/** A key that signs itself, for the listener with TLS. */
function makeKey(broker) {
  const store = ['-alias', 'kafka', '-keystore', join(broker.folder, 'tls.p12'), '-storetype', 'PKCS12'];
  const keytool = (...args) =>
    execFileSync('keytool', [...args, ...store, '-storepass', trialPassword], { stdio: 'pipe', timeout: 60_000 });
  const names = ['-dname', 'CN=localhost', '-ext', 'SAN=ip:127.0.0.1,dns:localhost'];
  keytool('-genkeypair', '-keyalg', 'EC', '-groupname', 'secp256r1', '-validity', '3650', ...names);
  keytool('-exportcert', '-rfc', '-file', join(broker.folder, 'tls.pem'));
}

function launch(broker, jars) {
  const output = openSync(join(broker.folder, 'output.log'), 'a');
  const child = spawn('java', java(jars, 'kafka.Kafka', configFile(broker)), {
    detached: true,
    stdio: ['ignore', output, output],
    cwd: broker.folder,
  });
  writeFileSync(pidFile(broker), String(child.pid));
  child.unref();
}

const accepts = (port) =>
  new Promise((done) => {
    const socket = connect(port, '127.0.0.1');
    const end = (result) => () => {
      socket.destroy();
      done(result);
    };
    socket.once('connect', end(true)).once('error', end(false));
  });

async function untilReady(broker) {
  for (const end = Date.now() + readyMsMax; Date.now() < end; await sleep(100)) {
    if (await accepts(broker.port)) return;
    if (runningPid(broker) === null) break;
  }
  const log = join(broker.folder, 'output.log');
  throw new KafkaScriptError(`Broker ${broker.id} did not get ready on port ${broker.port}: ${log} says why.`);
}

async function start(cluster, chosen, say) {
  const missing = chosen.filter((broker) => runningPid(broker) === null);
  if (missing.length > 0) {
    need('java', '-version', 'Java');
    const jars = fetchJars(cluster.folder, say);
    for (const broker of missing) {
      if (await accepts(broker.port)) {
        throw new KafkaScriptError(
          `Something else listens on 127.0.0.1:${broker.port}, where broker ${broker.id} should. Stop it.`,
        );
      }
      format(cluster, broker, jars);
      launch(broker, jars);
    }
  }
  await Promise.all(chosen.map(untilReady));
  const addresses = cluster.brokers.map(({ port }) => `127.0.0.1:${port}`).join(',');
  say(`Kafka listens: WEIR_KAFKA_BROKERS=${addresses}`);
  const secure = cluster.brokers.map((broker) => `127.0.0.1:${broker.securePort}`).join(',');
  const ca = join(cluster.brokers[0].folder, 'tls.pem');
  return { brokers: addresses, secure, ca, started: missing.length > 0, pids: chosen.map(runningPid) };
}

async function stop(chosen, force, say) {
  let stopped = 0;
  const stopOne = async (broker) => {
    const pid = runningPid(broker);
    if (pid === null) return;
    stopped++;
    process.kill(pid, force ? 'SIGKILL' : 'SIGTERM');
    for (const end = Date.now() + stopMsMax; runningPid(broker) !== null; await sleep(100)) {
      if (Date.now() > end) process.kill(pid, 'SIGKILL');
    }
    rmSync(pidFile(broker), { force: true });
  };
  await Promise.all(chosen.map(stopOne));
  say(stopped > 0 ? 'Kafka is stopped.' : 'Kafka was not running.');
  return { stopped };
}

async function main() {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      brokers: { type: 'string', default: '1' },
      broker: { type: 'string' },
      data: { type: 'string' },
      force: { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
    },
  });
  const [command] = positionals;
  const size = Number(values.brokers);
  if (!['start', 'stop'].includes(command) || ![1, 3].includes(size)) {
    throw new KafkaScriptError('Say `start` or `stop`, and --brokers 1 or 3.');
  }
  const say = (text) => values.json || console.log(text);
  const cluster = layout(size, values.data);
  const chosen = cluster.brokers.filter(({ id }) => values.broker === undefined || String(id) === values.broker);
  const result = await (command === 'start' ? start(cluster, chosen, say) : stop(chosen, values.force, say));
  if (values.json) console.log(JSON.stringify(result));
}

main().catch((error) => {
  console.error(error instanceof KafkaScriptError ? error.message : error);
  process.exitCode = 1;
});
