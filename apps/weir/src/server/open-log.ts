import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Clock } from '#libs/clock';
import type { Config } from '#libs/config';
import { type KafkaLogOptions, type Log, openEmbeddedLog, openKafkaLog } from '#libs/log';
import { type Logger, Repeats } from '#libs/telemetry';
import { CommandError } from '../errors.js';

/** The log on your Kafka where there is one, else the one in the data folder. */
export async function openLog({
  config,
  clock,
  logger,
}: {
  config: Config;
  clock: Clock;
  logger: Logger;
}): Promise<Log> {
  const kafka = kafkaOptionsOf(config);
  if (kafka) return openKafkaLog({ ...kafka, clock, onProblem: teller(clock, logger) });
  return openEmbeddedLog({
    directory: join(config.dataDir, 'log'),
    clock,
    onDamage: ({ kind, ...where }) =>
      kind === 'tail-cut'
        ? logger.info(where, 'The last write before a crash was incomplete and is cut off; it was not acknowledged')
        : logger.error(where, 'The log is damaged here; what can be read around it is served'),
  });
}

/** Null where the log is embedded. */
export function kafkaOptionsOf(config: Config): Omit<KafkaLogOptions, 'clock'> | null {
  const { kafkaBrokers: brokers, kafkaSaslUsername: username, kafkaSaslPassword: password } = config;
  if (!brokers) return null;
  const mechanism = config.kafkaSaslMechanism.toUpperCase() as 'PLAIN' | 'SCRAM-SHA-256' | 'SCRAM-SHA-512';
  return {
    brokers,
    prefix: config.kafkaPrefix,
    compression: config.kafkaCompression,
    ...(config.kafkaTls === 'on' && { tls: { ...(config.kafkaTlsCa && { ca: readCa(config.kafkaTlsCa) }) } }),
    ...(username && password && { sasl: { mechanism, username, password } }),
    ...(config.kafkaReplication && { replication: config.kafkaReplication }),
    ...(config.kafkaInstance && { instanceId: config.kafkaInstance }),
  };
}

function readCa(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    throw new CommandError(
      'FILE_UNREADABLE',
      `WEIR_KAFKA_TLS_CA: ${path} can't be read (${code}).`,
      { path },
      { cause },
    );
  }
}

function teller(clock: Clock, logger: Logger): NonNullable<KafkaLogOptions['onProblem']> {
  const repeats = new Repeats(clock);
  return ({ what, error }) =>
    repeats.once(what, (held) => logger.warn({ held }, `Kafka did not ${what} (${error.message}); trying again`));
}
