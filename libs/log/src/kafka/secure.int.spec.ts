import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { systemClock } from '#libs/clock';
import { record, rejection, texts } from '../../contract/fixture.js';
import { kafkaForTests } from '../../testing/kafka.js';
import { openKafkaLog } from './kafka-log.js';
import type { KafkaLogOptions, KafkaSasl } from './options.js';

const kafka = await kafkaForTests('libs/log on Kafka: TLS and SASL');

if (kafka) {
  const { brokers, ca: file, password } = kafka.secure;
  const tls = { ca: readFileSync(file, 'utf8') };
  const sasl = (mechanism: KafkaSasl['mechanism']) => ({ mechanism, username: 'weir', password });
  const prefix = `secure-${process.pid}-${Math.trunc(performance.timeOrigin)}.`;
  const open = (options: Partial<KafkaLogOptions>) =>
    openKafkaLog({ brokers, clock: systemClock, prefix, patienceMs: 3000, ...options });

  describe('log on Kafka: TLS and SASL', () => {
    it.each(['PLAIN', 'SCRAM-SHA-256', 'SCRAM-SHA-512'] as const)('signs in: %s', async (mechanism) => {
      const log = await open({ tls, sasl: sasl(mechanism) });
      await log.createTopic('t', { partitions: 1 });
      const { offsets } = await log.append('t', [record(mechanism)]);
      expect(texts(await log.read('t', 0, offsets[0]))).toEqual([mechanism]);
      const consumer = await log.consume(mechanism, ['t']);
      expect((await consumer.poll())?.[0].count).toBeGreaterThan(0);
      await log.close();
    });

    it.each<[string, Partial<KafkaLogOptions>, RegExp]>([
      [
        'a wrong password',
        { tls, sasl: { ...sasl('PLAIN'), password: 'wrong' } },
        /SASL authentication failed.*WEIR_KAFKA/,
      ],
      ['a wrong SCRAM password', { tls, sasl: { ...sasl('SCRAM-SHA-512'), password: 'x' } }, /failed.*WEIR_KAFKA/],
      ['a certificate of nobody it trusts', { tls: {}, sasl: sasl('PLAIN') }, /certificate.*WEIR_KAFKA/],
      ['no TLS', { sasl: sasl('PLAIN') }, /Kafka did not answer at/],
    ])('says what is wrong: %s', async (_, options, message) => {
      const error = await open(options).catch((reason) => reason);
      expect(error).toEqual(rejection('LOG_UNAVAILABLE'));
      expect(error.message).toMatch(message);
    });
  });
}
