import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { type Browser, chromium } from 'playwright-core';

const names = ['chromium', 'chromium-browser', 'google-chrome'];

/** Chromium as the machine has it; null where it has none, which is said aloud, and is a failure in CI. */
export async function launchBrowser(): Promise<Browser | null> {
  const folders = (process.env.PATH ?? '').split(delimiter);
  const executablePath = names.flatMap((name) => folders.map((folder) => join(folder, name))).find(existsSync);
  // Its sandbox needs what containers and root have not; the only pages it sees are ours.
  if (executablePath) return chromium.launch({ executablePath, args: ['--no-sandbox'] });
  if (process.env.CI) throw new TypeError('There is no Chromium, and with CI set nothing is left out: install it.');
  console.warn('LEFT OUT: THE PAGE IN A REAL BROWSER, SINCE THERE IS NO CHROMIUM (apt-get install chromium)');
  return null;
}
