import type { UnitCosts } from './costs.js';
import type { Network } from './simulate.js';

/** What is asked for, and what the machines are; what is not measured is assumed here, in one place. */
export const assumed = {
  /** Cores are kept this busy at most, so that queues stay short and a lost machine's work finds room. */
  busyShareMax: 0.6,
  /** Threads that one process keeps busy. */
  coresPerMachine: 16,
  replication: 3,
  retentionDays: 7,
  /** Stored bytes a second that one broker takes as leader, its copies for others beside. */
  brokerBytesPerSecond: 50e6,
  networkBytesPerSecond: 1.25e9,
  dedupeSeconds: 600,
  /** Of one partition; beyond them the oldest are forgotten, and a repeat of one of those would count. */
  identitiesMax: 1_000_000,
  identityBytes: 32,
  partitionsMax: 1024,
  /** Two timespans of 60 s and the lateness. */
  windowSeconds: 180,
  hitStateBytes: 16,
  /** Different addresses that are seen within it, at most. */
  groupsMax: 1_000_000,
  rules: 2,
  processBaseBytes: 250e6,
  alertsPerEvent: 1e-5,
  syncSeconds: 0.002,
  eventsPerRequest: 100,
} as const;

/** Microseconds of one core for each event, by process, on Kafka. */
export interface Work {
  ingestUs: number;
  matchUs: number;
  windowUs: number;
  projectUs: number;
  /** What whole processes took beyond the sum of their steps: transport, snapshots, garbage. */
  ingestGlue: number;
  detectGlue: number;
}

export function workOf(costs: UnitCosts, engine: 'embedded' | 'kafka' = 'kafka'): Work {
  const kafka = engine === 'kafka';
  const [append, read] = kafka
    ? [costs.appendKafkaUs, costs.readKafkaUs]
    : [costs.appendEmbeddedUs, costs.readEmbeddedUs];
  const [whole, detect] = kafka
    ? [costs.wholeKafkaUs, costs.detectKafkaUs]
    : [costs.wholeEmbeddedUs, costs.detectEmbeddedUs];
  const hits = (costs.hitsPerEvent * costs.hitBytes) / costs.eventBytes;
  const ingest = costs.ingestNdjsonUs - costs.appendEmbeddedUs + append;
  const match = read + costs.matchUs + hits * append;
  const window = hits * read + costs.hitsPerEvent * costs.windowPerHitUs;
  const detectGlue = Math.max(1, detect / (match + window));
  const ingestGlue = Math.max(1, (whole - detect) / ingest);
  return {
    ingestUs: ingest * ingestGlue,
    matchUs: match * detectGlue,
    windowUs: window * detectGlue,
    projectUs: assumed.alertsPerEvent * costs.projectPerAlertUs,
    ingestGlue,
    detectGlue,
  };
}

export interface Plan {
  eventsPerSecond: number;
  ingest: number;
  match: number;
  window: number;
  brokers: number;
  partitions: number;
  machines: number;
  storedBytesPerSecond: number;
  diskBytes: number;
  /** Of all match and of all window processes. */
  matchMemoryBytes: number;
  windowMemoryBytes: number;
  /** Of the busiest kind of machine's card: what the brokers send and receive, each. */
  brokerNetworkBytesPerSecond: number;
  /** How far back repeats are told: the whole horizon, or less where a partition has more events than it may remember. */
  dedupeSeconds: number;
  /** Marks: every match process writes one to every partition of weir.matches each second. */
  marksPerSecond: number;
}

/** How many of everything it takes. */
export function planFor(eventsPerSecond: number, costs: UnitCosts): Plan {
  const work = workOf(costs);
  const processes = (us: number) => Math.ceil((eventsPerSecond * us) / 1e6 / assumed.busyShareMax);
  const [ingest, match, window] = [work.ingestUs, work.matchUs, work.windowUs].map(processes);
  const stored = eventsPerSecond * (costs.eventStoredBytes + costs.hitsPerEvent * costs.hitStoredBytes);
  const brokers = Math.max(3, Math.ceil(stored / assumed.brokerBytesPerSecond / assumed.busyShareMax));
  const windowState = Math.min(eventsPerSecond * assumed.windowSeconds, assumed.groupsMax) * assumed.rules;
  const perSecondOfHits = eventsPerSecond * costs.hitsPerEvent * assumed.hitStateBytes;
  const remembering = (eventsPerSecond * assumed.dedupeSeconds) / assumed.identitiesMax;
  const wanted = 2 ** Math.ceil(Math.log2(Math.max(16, 2 * match, 2 * window, remembering)));
  const partitions = Math.min(wanted, assumed.partitionsMax);
  const dedupeSeconds = Math.min(assumed.dedupeSeconds, (partitions * assumed.identitiesMax) / eventsPerSecond);
  const matchMemory = eventsPerSecond * dedupeSeconds * assumed.identityBytes;
  return {
    eventsPerSecond,
    ingest,
    match,
    window,
    brokers,
    partitions,
    machines: Math.ceil((ingest + match + window + 1) / assumed.coresPerMachine),
    storedBytesPerSecond: stored,
    diskBytes: stored * 86_400 * assumed.retentionDays * assumed.replication,
    matchMemoryBytes: match * assumed.processBaseBytes + matchMemory,
    windowMemoryBytes:
      window * assumed.processBaseBytes + perSecondOfHits * assumed.windowSeconds + windowState * costs.groupBytes,
    brokerNetworkBytesPerSecond: (stored * (1 + 2 * (assumed.replication - 1) + 1)) / brokers,
    dedupeSeconds,
    marksPerSecond: match * partitions,
  };
}

type Processes = Pick<Plan, 'ingest' | 'match' | 'window' | 'brokers'>;

/** A deployment as queues: a job is one request of events on its way. */
export function networkOf(eventsPerSecond: number, processes: Processes, costs: UnitCosts): Network {
  const events = assumed.eventsPerRequest;
  const work = workOf(costs);
  const broker = (bytes: number) => (events * bytes) / assumed.brokerBytesPerSecond;
  const stage = (name: string, stations: number, serviceSeconds: number, delaySeconds = 0) => ({
    name,
    stations,
    serviceSeconds,
    delaySeconds,
  });
  const hitBytes = costs.hitsPerEvent * costs.hitStoredBytes;
  return {
    jobsPerSecond: eventsPerSecond / events,
    stages: [
      stage('ingest', processes.ingest, (events * work.ingestUs) / 1e6),
      stage('broker', processes.brokers, broker(costs.eventStoredBytes), assumed.syncSeconds),
      stage('match', processes.match, (events * work.matchUs) / 1e6),
      stage('broker', processes.brokers, broker(hitBytes), assumed.syncSeconds),
      stage('window', processes.window, (events * work.windowUs) / 1e6),
      stage('project', 1, (events * work.projectUs) / 1e6, assumed.syncSeconds),
    ],
  };
}

/** All stages in one process of one busy thread, on the embedded log. */
export function oneProcess(eventsPerSecond: number, costs: UnitCosts): Network {
  const { ingestUs, matchUs, windowUs, projectUs } = workOf(costs, 'embedded');
  const events = assumed.eventsPerRequest;
  const stage = (us: number, delaySeconds: number) => ({
    name: 'process',
    stations: 1,
    serviceSeconds: (events * us) / 1e6,
    delaySeconds,
  });
  return {
    jobsPerSecond: eventsPerSecond / events,
    stages: [
      stage(ingestUs, assumed.syncSeconds),
      stage(matchUs, assumed.syncSeconds),
      stage(windowUs, assumed.syncSeconds),
      stage(projectUs, 0),
    ],
  };
}
