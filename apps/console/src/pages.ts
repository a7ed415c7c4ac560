import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

export interface Page {
  body: Buffer;
  type: string;
  etag: string;
}

const types: Readonly<Record<string, string>> = {
  'index.html': 'text/html; charset=utf-8',
  'style.css': 'text/css; charset=utf-8',
  'app.js': 'text/javascript; charset=utf-8',
  'api.js': 'text/javascript; charset=utf-8',
  'view.js': 'text/javascript; charset=utf-8',
  'icon.svg': 'image/svg+xml',
};

/** The files of the page, by name. There is nothing else to serve, so no path ever reaches the disk. */
export function readPages(): ReadonlyMap<string, Page> {
  const folder = join(packageRoot(import.meta.dirname), 'apps', 'console', 'public');
  return new Map(
    Object.entries(types).map(([name, type]) => {
      const body = readFileSync(join(folder, name));
      const etag = `"${createHash('sha256').update(body).digest('base64url').slice(0, 22)}"`;
      return [name, { body, type, etag }];
    }),
  );
}

/** The page is no code, so the build does not copy it: it is found from the source and from `dist` alike. */
function packageRoot(folder: string): string {
  const parent = dirname(folder);
  return existsSync(join(folder, 'package.json')) || parent === folder ? folder : packageRoot(parent);
}
