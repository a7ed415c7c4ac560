import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { Static, TSchema } from 'typebox';
import { decodeEvent } from '#libs/events';
import type { RuleFile } from '#libs/sigma';
import { ScenarioError } from './errors.js';
import { alertsSchema, type FixtureOf, fixtureSchema, readShape, type ScenarioAlert } from './scenario-shape.js';

/** An event as ingest hands it to the log. */
export interface Input {
  type: { topic: string };
  key: string;
  timeMs: number;
  value: Buffer;
}

/** A log in and alerts out, an hour after the last event. */
export interface Scenario {
  name: string;
  /** `rule.yml`: its own rules; null: it is about those that there are. */
  rules: RuleFile | null;
  inputs: Input[];
  /** In the order of their opening. */
  alerts: ScenarioAlert[];
  fixture: FixtureOf | null;
}

/** The files of a scenario by name. */
export type ScenarioFiles = Readonly<Record<string, string>>;

const names = { rules: 'rule.yml', log: 'log.ndjson', alerts: 'alerts.json', fixture: 'fixture.json' } as const;

/** A folder with this file holds a scenario. */
export const scenarioMark = names.alerts;

/** The scenarios in the folders right below a folder, by name; or the one that the folder is. */
export function readScenarios(path: string): Scenario[] {
  if (existsSync(join(path, scenarioMark))) return [readScenario(path)];
  return readdirSync(path, { withFileTypes: true })
    .filter((entry) => existsSync(join(path, entry.name, scenarioMark)))
    .map((entry) => readScenario(join(path, entry.name)))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}

function readScenario(folder: string): Scenario {
  const files: Record<string, string> = {};
  for (const name of Object.values(names)) {
    if (existsSync(join(folder, name))) files[name] = readFileSync(join(folder, name), 'utf8');
  }
  return scenarioOf(basename(folder), files, folder);
}

/** Throws SCENARIO_UNREADABLE, with the file and line. `folder`: what problems call it. */
export function scenarioOf(name: string, files: ScenarioFiles, folder = name): Scenario {
  const at = (file: string) => join(folder, file);
  const lines = (files[names.log] ?? '').split('\n');
  const inputs = lines.flatMap((line, i) => (line.trim() === '' ? [] : [inputOf(line, at(names.log), i + 1)]));
  if (inputs.length === 0) throw unreadable(at(names.log), 0, 'it holds no events');
  const rules = files[names.rules];
  const fixtureText = files[names.fixture];
  const fixture = fixtureText === undefined ? null : jsonOf(fixtureSchema, fixtureText, at(names.fixture));
  const alerts = jsonOf(alertsSchema, files[names.alerts], at(names.alerts));
  if (fixture?.verdict === 'true-positive' && alerts.length === 0) {
    throw unreadable(at(names.alerts), 0, 'of a true positive it must hold the alert');
  }
  return {
    name,
    rules: rules === undefined ? null : { file: at(names.rules), text: rules },
    inputs,
    alerts,
    fixture,
  };
}

/** The files of a scenario that was made of an alert. */
export function fixtureFiles(
  rules: string,
  lines: readonly string[],
  alerts: readonly ScenarioAlert[],
  fixture: FixtureOf,
): ScenarioFiles {
  return {
    [names.rules]: rules,
    [names.log]: `${lines.join('\n')}\n`,
    [names.alerts]: `${JSON.stringify(alerts, null, 2)}\n`,
    [names.fixture]: `${JSON.stringify(fixture, null, 2)}\n`,
  };
}

/** Writes a scenario's folder; what is there is replaced. */
export function writeScenario(folder: string, files: ScenarioFiles): void {
  mkdirSync(folder, { recursive: true });
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, basename(name)), text);
}

function inputOf(line: string, file: string, number: number): Input {
  const decoded = decodeEvent(line);
  if (decoded.kind !== 'ok') throw unreadable(file, number, decoded.reason);
  return { type: decoded.type, key: decoded.key, timeMs: decoded.timeMs, value: Buffer.from(line) };
}

function jsonOf<T extends TSchema>(schema: T, text: string | undefined, file: string): Static<T> {
  try {
    return readShape(schema, JSON.parse(text ?? ''));
  } catch (cause) {
    throw unreadable(file, 0, (cause as Error).message);
  }
}

function unreadable(file: string, line: number, reason: string): ScenarioError {
  const where = line === 0 ? file : `${file}:${line}`;
  return new ScenarioError('SCENARIO_UNREADABLE', `${where} can't be read: ${reason.replace(/\.$/, '')}.`, {
    file,
    line,
  });
}
