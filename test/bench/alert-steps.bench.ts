/**
 * What one new alert costs its projection: a step of one alert, as they come one at a time.
 *
 *   npm run build && node dist/test/bench/alert-steps.bench.js [ALERTS]
 *
 * Of PostgreSQL counts the CPU of the server that answered.
 */
import type { Alert } from '#libs/events';
import { applyAlerts, claimPositions } from '#libs/storage';
import { alertEvent } from '../../libs/storage/testing/alert-event.js';
import { openTestDatabase } from '../../libs/storage/testing/test-database.js';
import { measure, usage } from './measure.js';

const alerts = Number(process.argv[2] ?? 3_000);
const at = { projection: 'alerts', topic: 'alert', partition: 0, offset: 0 };

const alertNumber = (i: number): Alert => {
  const second = new Date(Date.UTC(2026, 0, 1) + i * 1_000).toISOString();
  return alertEvent({
    id: `a${i}`,
    group: { ip: `10.${(i >> 16) & 255}.${(i >> 8) & 255}.${i & 255}` },
    firstSeen: second,
    openedAt: second,
    lastSeen: second,
    position: { partition: 0, offset: i },
  });
};

const pg = await openTestDatabase();
try {
  await claimPositions(pg.database, [at]);
  const [{ pid }] = await pg.database.query<{ pid: number }[]>('SELECT pg_backend_pid() AS pid');
  const took: number[] = [];
  const before = usage(pid).cpu;
  const { cpuSeconds } = await measure(async () => {
    for (let i = 0; i < alerts; i++) {
      const from = performance.now();
      const records = [{ offset: i, alert: alertNumber(i) }];
      await applyAlerts(pg.database, [{ reached: { ...at, offset: i }, records, next: i + 1 }]);
      took.push(performance.now() - from);
    }
  });
  took.sort((a, b) => a - b);
  const ms = (seconds: number) => ((seconds * 1_000) / alerts).toFixed(2);
  console.log(
    `a step of one alert: p50 ${took[alerts >> 1].toFixed(1)} ms, p99 ${took[Math.floor(alerts * 0.99)].toFixed(1)} ms; ` +
      `CPU ${ms(cpuSeconds)} ms, of PostgreSQL ${ms(usage(pid).cpu - before)} ms`,
  );
} finally {
  await pg.close();
}
