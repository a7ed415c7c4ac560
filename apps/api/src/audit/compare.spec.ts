import { expect, test } from 'vitest';
import { compare } from './compare.js';

const alert = {
  rule: { id: 'r' },
  group: { ip: '192.0.2.7' },
  state: 'closed' as const,
  firstSeen: '2026-01-01T00:00:00.000Z',
  openedAt: '2026-01-01T00:00:05.000Z',
  lastSeen: '2026-01-01T00:00:09.000Z',
  peak: 5,
  events: 9,
};
type Given = typeof alert & { retro?: boolean };

async function* each(alerts: Given[]) {
  yield* alerts;
}
const compared = (counted: Given[], stored: Given[]) => compare(each(counted), each(stored));

test('what was raised afterwards is no difference: alone, cut short, or where the log says it is there', async () => {
  const retro = { ...alert, retro: true };
  expect(await compared([alert], [retro])).toMatchObject({ agrees: true, checked: 1 });
  expect(await compared([], [retro])).toMatchObject({ agrees: true, checked: 0 });
  expect(await compared([alert], [{ ...retro, events: 5, lastSeen: alert.openedAt }])).toMatchObject({ agrees: true });
});

test('it does not hide differences of others', async () => {
  const elsewhere = { ...alert, group: { ip: '192.0.2.8' } };
  expect(await compared([alert, elsewhere], [{ ...alert, retro: true }])).toMatchObject({ counts: { missing: 1 } });
  expect(await compared([], [alert, { ...elsewhere, retro: true }])).toMatchObject({ counts: { extra: 1 } });
  expect(await compared([alert], [{ ...alert, peak: 4 }])).toMatchObject({ counts: { different: 1 } });
});
