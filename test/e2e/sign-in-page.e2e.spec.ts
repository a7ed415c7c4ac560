import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { launchBrowser } from './browser.js';
import { SignInHouse } from './sign-in-house.js';

const browser = await launchBrowser();
if (browser) onThePage(browser);
else test.skip('left out: there is no Chromium', () => {});

function onThePage(chromium: Browser): void {
  let house: SignInHouse;
  let url: string;
  beforeAll(async () => {
    house = await SignInHouse.open();
    ({ url } = house);
  });
  afterAll(async () => {
    await chromium.close();
    await house.close();
  });

  test('a person signs in on the page, sees it, and signs out', async () => {
    const page = await chromium.newPage();
    page.setDefaultTimeout(20_000);
    await page.goto(url);
    await page.getByRole('link', { name: 'Sign in' }).click();
    await page.locator('input[name=login]').fill('alice+soc');
    await page.locator('input[name=password]').fill('any');
    await page.getByRole('button', { name: 'Sign-in' }).click();
    await page.getByRole('button', { name: 'Continue' }).click();
    await page.getByText('Live', { exact: true }).waitFor();
    await page.getByRole('button', { name: 'Sign out alice' }).click();
    await page.getByRole('heading', { name: 'A key, please' }).waitFor();
    await expect
      .poll(async () => (await page.context().cookies(url)).map(({ name }) => name))
      .not.toContain('weir_session');
    await page.reload();
    await page.getByRole('link', { name: 'Sign in' }).waitFor();
  });
}
