/**
 * Detection on Kafka against detection on the embedded log, through a real Weir and its command line:
 *
 *   npm run build && node dist/test/bench/kafka-whole.bench.js [EVENTS] [ROUNDS]
 *
 * Starts the trial broker where none runs. A file to alerts, and a full log to alerts (all but ingest). Per CPU-second
 * counts the CPU of the Weir process alone, its start left out: neither PostgreSQL's nor the broker's is in it, which
 * share the machine. Rounds alternate; the median of each counts.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '#libs/clock';
import { type Log, openEmbeddedLog, openKafkaLog } from '#libs/log';
import { accessLog } from './access-log.js';
import { fileToAlerts, fillLog, logToAlerts, sayWay, type Way, writeFiles } from './file-to-alerts.js';
import { benchBroker } from './kafka-broker.js';
import { median } from './measure.js';

const events = Number(process.argv[2] ?? 500_000);
const rounds = Number(process.argv[3] ?? 3);
const partitions = 16;
const traffic = accessLog(events);

type Engine = 'embedded' | 'kafka';
let weirs = 0;

/** The environment of a Weir of its own, and its log, opened by us. */
function home(engine: Engine, address: string) {
  if (engine === 'embedded') {
    const open = (dataDir: string) => openEmbeddedLog({ directory: join(dataDir, 'log'), clock: systemClock });
    return { env: {}, open };
  }
  const prefix = `bench-${process.pid}-${weirs++}.`;
  const open = () => openKafkaLog({ brokers: [address], clock: systemClock, prefix });
  return { env: { WEIR_KAFKA_BROKERS: address, WEIR_KAFKA_PREFIX: prefix }, open };
}

async function fill(open: (dataDir: string) => Promise<Log>, dataDir: string): Promise<void> {
  const log = await open(dataDir);
  await fillLog(log, traffic, partitions);
  await log.close();
}

async function compare(address: string, folder: string): Promise<void> {
  const { ndjson } = await writeFiles(traffic, folder);
  const ways: Record<string, Record<Engine, Way[]>> = {
    'file to alerts': { embedded: [], kafka: [] },
    'log to alerts': { embedded: [], kafka: [] },
  };
  for (let round = 0; round < rounds; round++) {
    for (const engine of ['embedded', 'kafka'] as const) {
      const file = await fileToAlerts('ndjson', ndjson, traffic, home(engine, address).env);
      sayWay(`file to alerts, ${engine}`, file, traffic);
      ways['file to alerts'][engine].push(file);
      const { env, open } = home(engine, address);
      const log = await logToAlerts((dataDir) => fill(open, dataDir), traffic, env, file.startCpuSeconds);
      sayWay(`log to alerts, ${engine}`, log, traffic);
      ways['log to alerts'][engine].push(log);
    }
  }
  const figures: Record<string, number> = {};
  for (const [name, { embedded, kafka }] of Object.entries(ways)) {
    figures[`${name}, embedded`] = perCore(embedded);
    figures[`${name}, kafka`] = perCore(kafka);
    const share = perCore(kafka) / perCore(embedded);
    console.log(`${name}, Kafka per core: ${share.toFixed(2)} of the embedded log`);
  }
  process.send?.(figures);
}

const perCore = (ways: readonly Way[]): number =>
  median(ways.map(({ events: count, cpuSeconds }) => count / cpuSeconds));

const broker = await benchBroker('detection on Kafka against detection on the embedded log');
if (broker) {
  const folder = mkdtempSync(join(tmpdir(), 'weir-kafka-bench-'));
  try {
    await compare(broker.address, folder);
  } finally {
    rmSync(folder, { recursive: true });
    await broker.release();
  }
}
process.exit();
