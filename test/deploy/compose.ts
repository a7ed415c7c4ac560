import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseEnv } from 'node:util';
import { parse } from 'yaml';
import { packageRoot } from '../../apps/weir/src/package-root.js';

const read = (file: string) => readFileSync(join(packageRoot, 'deploy', file), 'utf8');

export interface Service {
  image: string;
  build?: { context: string; dockerfile: string };
  command?: string[];
  environment: Record<string, string | number>;
  env_file?: string;
  profiles?: string[];
  depends_on?: Record<string, { condition: string; required?: boolean }>;
  healthcheck?: { test: string[] };
  restart?: string;
  mem_limit?: string;
  stop_grace_period?: string;
  read_only?: boolean;
  ports?: string[];
  volumes?: string[];
}

export interface Compose {
  services: Record<string, Service>;
  volumes: Record<string, null>;
}

/** The file as it is, its anchors merged and nothing filled in. */
export const composeFile = (): Compose => parse(read('compose.yaml'), { merge: true }) as Compose;

/** What stands in .env.example, comments taken as settings that are made. */
export const exampleSettings = (): NodeJS.Dict<string> =>
  parseEnv(read('.env.example').replaceAll(/^# (?=[A-Z_]+=)/gm, ''));

/** What the containers of a service have in their environment, of an .env with these settings beside those of the example. */
export function environmentOf({ environment, env_file }: Service, settings: NodeJS.Dict<string>): NodeJS.Dict<string> {
  const dotEnv = { ...parseEnv(read('.env.example')), ...settings };
  const own = Object.entries(environment).map(([name, value]) => [name, interpolate(String(value), dotEnv)]);
  return { ...(env_file === '.env' && dotEnv), ...Object.fromEntries(own) };
}

/** `${NAME:-default}` and `${NAME:?what is wrong}`, the default with variables of its own. */
function interpolate(text: string, dotEnv: NodeJS.Dict<string>): string {
  const variable = /\$\{(\w+):([-?])((?:[^{}]|\$\{[^{}]*\})*)\}/g;
  return text.replaceAll(variable, (_, name: string, operator: string, rest: string) => {
    if (dotEnv[name]) return dotEnv[name];
    if (operator === '?') throw new RangeError(`${name} ${rest}`);
    return interpolate(rest, dotEnv);
  });
}
