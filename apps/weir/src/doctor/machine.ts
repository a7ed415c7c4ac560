import { accessSync, constants, existsSync, statfsSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import type { Clock } from '#libs/clock';
import { adminKeyFile } from '../client/admin-key.js';
import { bytes, duration } from '../terminal/table.js';
import { type Finding, fail, ok, warn } from './finding.js';

const NODE_MAJOR_MIN = 26;
const FREE_BYTES_MIN = 256 * 1024 * 1024;
const FREE_BYTES_GOOD = 2 * 1024 * 1024 * 1024;
/** This version was made after that: a clock before it is wrong. */
const MADE_AT = Date.UTC(2026, 0, 1);
const CLOCK_BACK_MS_MAX = 60_000;

export function checkNode(version: string): Finding {
  const enough = Number(version.split('.')[0]) >= NODE_MAJOR_MIN;
  return enough
    ? ok('node', `Node ${version}.`)
    : fail('node', `Node ${version} is too old: run \`npm ci\`, and start Weir by npm or npx.`);
}

export function checkFolder(dataDir: string): Finding {
  const folder = existing(dataDir);
  try {
    accessSync(folder, constants.R_OK | constants.W_OK | constants.X_OK);
  } catch {
    return fail('data folder', `${folder} can't be written to: give it to this user, or set WEIR_DATA_DIR to another.`);
  }
  const key = statSync(adminKeyFile(dataDir), { throwIfNoEntry: false });
  if (key && (key.mode & 0o077) !== 0) {
    return warn('data folder', `Others can read the admin key: run chmod 600 ${adminKeyFile(dataDir)}.`);
  }
  return ok('data folder', `${resolve(dataDir)} ${existsSync(dataDir) ? 'can be written to' : 'can be made'}.`);
}

export function checkDisk(dataDir: string): Finding {
  const { bavail, bsize } = statfsSync(existing(dataDir));
  const free = bavail * bsize;
  const said = `${bytes(free)} are free for ${resolve(dataDir)}`;
  if (free < FREE_BYTES_MIN) return fail('disk', `${said}: make room, or set WEIR_DATA_DIR to another disk.`);
  if (free < FREE_BYTES_GOOD) return warn('disk', `${said}: make room, or let WEIR_RETENTION keep less.`);
  return ok('disk', `${said}.`);
}

/** Compares the clock with the day that this was made, and with what Weir wrote last. */
export function checkClock(dataDir: string, clock: Clock): Finding {
  const now = clock.now();
  const said = `It is ${new Date(now).toISOString()}`;
  if (now < MADE_AT) return fail('clock', `${said}, which is not true: set the clock (timedatectl set-ntp true).`);
  const written = statSync(join(dataDir, 'log'), { throwIfNoEntry: false })?.mtimeMs ?? 0;
  if (written - now <= CLOCK_BACK_MS_MAX) return ok('clock', `${said}.`);
  return warn('clock', `${said}, ${duration(written - now)} before Weir wrote last: check the clock.`);
}

/** The folder itself, or what there is of the way to it. */
function existing(folder: string): string {
  let at = resolve(folder);
  while (!existsSync(at)) at = dirname(at);
  return at;
}
