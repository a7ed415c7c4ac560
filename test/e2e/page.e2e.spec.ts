import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { systemClock } from '#libs/clock';
import { Cli, type Running } from '../../apps/weir/testing/cli.js';
import { launchBrowser } from './browser.js';

const cli = new Cli();
const browser: Browser | null = await launchBrowser();
const rulesDir = join(cli.dataDir, 'rules');
/** What an attacker would like the page to be: markup, script, and text that reads backwards. */
const HOSTILE = `"><img src=x onerror="window.owned=1"><script>window.owned=1</script>\u202Egpj.exe`;
const SEEN = HOSTILE.replace('\u202E', '\\u202e');

let weir: Running;
let key: string;
let context: BrowserContext;
let page: Page;
let complaints: string[] = [];

beforeAll(async () => {
  if (!browser) return;
  cpSync(join(import.meta.dirname, '../../rules'), rulesDir, { recursive: true });
  writeFileSync(join(rulesDir, 'hostile.yml'), hostileRule());
  weir = await cli.start({ WEIR_RULES_DIR: rulesDir });
  key = readFileSync(join(cli.dataDir, 'admin.key'), 'utf8').trim();
});
beforeEach(async () => {
  if (!browser) return;
  context = await browser.newContext({ locale: 'en-US', viewport: { width: 1280, height: 900 } });
  page = await context.newPage();
  page.setDefaultTimeout(15_000);
  complaints = [];
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('dialog', (dialog) => complaints.push(dialog.message()));
  page.on('console', (message) => {
    // A request that fails while Weir is down, or is answered 401, is told by the browser itself.
    if (message.type() === 'error' && !message.text().includes('Failed to load resource')) {
      complaints.push(message.text());
    }
  });
});
afterEach(async () => {
  await context?.close();
  expect(complaints).toEqual([]);
});
afterAll(async () => {
  await browser?.close();
  await cli.close();
});

describe.skipIf(browser === null)('the page', () => {
  test('without a key it asks for one; a wrong one is said to be wrong', async () => {
    await page.goto(weir.url);
    await page.getByRole('heading', { name: 'A key, please' }).waitFor();
    for (const wrong of ['weir_nonsense', 'zwölf']) {
      await page.getByLabel('API key').fill(wrong);
      await page.keyboard.press('Enter');
      await page
        .getByRole('alert')
        .filter({ hasText: /this key|That is no key/ })
        .waitFor();
    }
    const { key: ingestOnly } = await cli.json<{ key: string }>('keys', 'create', '--name', 'in', '--scope', 'ingest');
    await page.getByLabel('API key').fill(ingestOnly);
    await page.keyboard.press('Enter');
    await page.getByText('This key lacks the scope read').waitFor();
    await page.getByLabel('API key').fill(key);
    await page.keyboard.press('Enter');
    await page.getByText('Live', { exact: true }).waitFor();
  });

  test('with nothing to show it says what to do; the key leaves the address', async () => {
    await openPage();
    await page.getByRole('heading', { name: 'All quiet' }).waitFor();
    const { items } = await cli.json<{ items: { alerting: boolean }[] }>('rules', 'list');
    const alerting = items.filter((rule) => rule.alerting).length;
    const said = new RegExp(`${alerting} rules watch.*npx weir ingest`, 's');
    expect(await page.locator('#empty').innerText()).toMatch(said);
    expect(page.url()).toBe(`${weir.url}/`);
    await page.reload();
    await page.getByText('Live', { exact: true }).waitFor();
  });

  test('an alert shows as it opens, goes on, and closes', async () => {
    await openPage();
    const start = systemClock.now() - 600_000;
    await sendLogins('192.0.2.7', start, 5);
    const row = rowOf('192.0.2.7');
    await row.waitFor();
    const text = (await row.innerText()).replaceAll(/\s+/g, ' ');
    expect(text).toMatch(/^medium SSH password guessing ip 192\.0\.2\.7 5 limit ≥ 5 in 60s .* open$/);
    await sendLogins('192.0.2.7', start + 10_000, 4);
    await row.getByText('9', { exact: true }).waitFor();
    await sendLogins('192.0.2.8', systemClock.now(), 1);
    await row.getByText('closed').waitFor();
    await page.getByLabel('State').selectOption('open');
    await page.getByRole('heading', { name: 'No alert is like that' }).waitFor();
    await page.getByRole('button', { name: 'Show all alerts' }).click();
    await row.waitFor();
  });

  test('evidence opens by click and by keyboard', async () => {
    await openPage();
    const row = rowOf('192.0.2.7');
    await row.click();
    const evidence = page.locator('.evidence details');
    await evidence.first().waitFor();
    expect(await evidence.count()).toBe(9);
    await evidence.first().locator('summary').click();
    expect(JSON.parse(await evidence.first().locator('pre').innerText())).toMatchObject({
      type: 'login',
      data: { ip: '192.0.2.7', outcome: 'failure' },
    });
    await page.keyboard.press('Escape');
    expect(await row.getAttribute('aria-expanded')).toBe('false');
    await page.keyboard.press('Enter');
    expect(await row.getAttribute('aria-expanded')).toBe('true');
    await page.keyboard.press('/');
    await page.keyboard.type('192.0.2.7');
    await expect.poll(() => page.locator('.row').count()).toBe(1);
    await page.keyboard.press('ArrowDown');
    await expect.poll(() => page.locator('.row:focus').count()).toBe(1);
  });

  test('what an attacker writes is shown as text, and does nothing', async () => {
    await openPage();
    const now = systemClock.now();
    const calls = Array.from({ length: 3 }, (_, i) => ({
      type: 'api.call',
      id: `hostile-${i}`,
      time: now - 3_000 + i,
      data: { client: HOSTILE, path: HOSTILE, userAgent: HOSTILE, [HOSTILE]: HOSTILE },
    }));
    await send(calls);
    const row = page.locator('.row').filter({ hasText: SEEN });
    await row.waitFor();
    await row.click();
    await page.locator('.evidence summary').first().click();
    expect(await page.locator('.evidence pre').first().innerText()).toContain('onerror');
    expect(await row.innerText()).toContain('<b>A title</b>');
    expect(await page.locator('#list').locator('img, script, b:not(.meter b)').count()).toBe(0);
    expect(await page.evaluate<boolean>(`'owned' in window`)).toBe(false);
  });

  test('it comes back when Weir does, with what happened meanwhile', async () => {
    await openPage();
    const { port } = new URL(weir.url);
    expect((await weir.end()).code).toBe(0);
    await page.getByText('Trying again').waitFor();
    weir = await cli.start({ WEIR_RULES_DIR: rulesDir, WEIR_HTTP_PORT: port });
    await sendLogins('192.0.2.77', systemClock.now() - 10_000, 6);
    await rowOf('192.0.2.77').waitFor();
    await page.getByText('Live', { exact: true }).waitFor();
  });

  test.each([
    [1280, 'light'],
    [360, 'dark'],
  ] as const)('%i pixels wide, %s: nothing sticks out', async (width, colorScheme) => {
    await page.setViewportSize({ width, height: 800 });
    await page.emulateMedia({ colorScheme });
    await openPage();
    await rowOf('192.0.2.7').first().click();
    await page.locator('.evidence details').first().waitFor();
    expect(await page.evaluate<number>('document.documentElement.scrollWidth')).toBeLessThanOrEqual(width);
  });
});

async function openPage(): Promise<void> {
  await page.goto(`${weir.url}/#key=${key}`);
  await page.getByText('Live', { exact: true }).waitFor();
}

function rowOf(ip: string) {
  return page.locator('.row').filter({ has: page.getByText(ip, { exact: true }) });
}

function sendLogins(ip: string, start: number, count: number): Promise<void> {
  const data = { outcome: 'failure', ip, user: 'root', service: 'sshd' };
  return send(
    Array.from({ length: count }, (_, i) => ({ type: 'login', id: `${ip} ${start + i}`, time: start + i, data })),
  );
}

async function send(events: readonly { type: string; id: string; time: number; data: object }[]): Promise<void> {
  const body = events.map((event) => ({
    specversion: '1.0',
    source: '/page-test',
    ...event,
    time: new Date(event.time).toISOString(),
  }));
  const response = await fetch(`${weir.url}/api/v1/events`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-api-key': key },
    body: JSON.stringify(body),
  });
  expect(await response.json()).toEqual({ accepted: events.length, rejected: [] });
}

function hostileRule(): string {
  return `title: Any call
id: 5a0f7a52-1d0f-4a52-9f6e-0c8f1f1f0a01
name: any-call
level: informational
logsource: {product: weir, service: api.call}
detection:
  selection: {client|exists: true}
  condition: selection
---
title: <b>A title</b>
id: 5a0f7a52-1d0f-4a52-9f6e-0c8f1f1f0a02
name: hostile
level: critical
correlation:
  type: event_count
  rules: [any-call]
  group-by: [client]
  timespan: 60s
  condition: {gte: 3}
`;
}
