import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Cli, type Running } from '../testing/cli.js';

interface Report {
  taken: string[];
  unchanged: string[];
  refused: { file: string; line: number; rule: string | null; reason: string; hint: string }[];
}
interface Checked {
  ok: boolean;
  rules: { name: string; file: string }[];
  problems: { file: string; line: number; reason: string }[];
}

const cli = new Cli();
const rulesDir = join(cli.dataDir, 'rules');
const folder = join(cli.dataDir, 'sigma');
const login = '{product: weir, service: login}';
const detection = (name: string, item = 'outcome: failure', source = login, more = `name: ${name}\n`) =>
  `title: ${name}\n${more}logsource: ${source}\ndetection: {s: {${item}}, condition: s}\n`;
const counting = (name: string, rule: string, by = 'ip') =>
  `title: ${name}\nname: ${name}\ncorrelation: {type: event_count, rules: [${rule}], group-by: [${by}], timespan: 1m, condition: {gte: 5}}\n`;
const filter = (rule: string, ip = '192.0.2.1') =>
  `title: Not ours\nlogsource: ${login}\nfilter: {rules: [${rule}], ours: {ip: ${ip}}, condition: ours}\n`;
let weir: Running;

beforeAll(async () => {
  mkdirSync(rulesDir);
  writeFileSync(join(rulesDir, 'here.yml'), [detection('here'), counting('many-here', 'here')].join('---\n'));
  writeFileSync(join(rulesDir, 'alone.yml'), detection('alone'));
  writeFileSync(join(rulesDir, 'values.yml'), 'placeholders: {Admins: [root]}\n');
  weir = await cli.start({ WEIR_RULES_DIR: rulesDir });
});
afterAll(() => cli.close());

async function imported(files: Record<string, string>): Promise<Report> {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder);
  for (const [file, text] of Object.entries(files)) writeFileSync(join(folder, file), text);
  const report = await cli.json<Report>('rules', 'import', folder);
  // Whatever is taken runs: nothing is refused afterwards.
  expect((await listed()).problems).toEqual([]);
  return report;
}
const listed = () => cli.json<{ items: { name: string; version: number }[]; problems: unknown[] }>('rules', 'list');
const namesNow = async () => (await listed()).items.map(({ name }) => name);
const refusedIn = ({ refused }: Report) => [...new Set(refused.map(({ file }) => file))].sort();
const post = async (path: string, body: unknown) => {
  const key = readFileSync(join(cli.dataDir, 'admin.key'), 'utf8').trim();
  const headers = { 'x-api-key': key, 'content-type': 'application/json' };
  return fetch(`${weir.url}/api/v1${path}`, { method: 'POST', headers, body: JSON.stringify(body) });
};
const check = async (text: string) =>
  (await (await post('/rules/check', { text, file: 'mine.yml' })).json()) as Checked;

test('a filter is not kept, and what it filters is not taken without it', async () => {
  const files = {
    'a-rule.yml': detection('filtered'),
    'counting.yml': counting('many-filtered', 'filtered'),
    'filters.yml': `# ours\n---\n${filter('filtered')}`,
    'other.yml': [detection('other'), counting('many-other', 'other')].join('---\n'),
  };
  const report = await imported(files);
  expect(report.taken.sort()).toEqual(['many-other', 'other']);
  expect(refusedIn(report)).toEqual(['a-rule.yml', 'counting.yml', 'filters.yml']);
  const said = (file: string) => report.refused.find((problem) => problem.file === file);
  expect(said('filters.yml')).toMatchObject({ line: 3, reason: expect.stringContaining('filter') });
  expect(said('filters.yml')?.hint).toContain('rules folder');
  expect(said('a-rule.yml')?.reason).toContain('filters.yml:3');
  expect(said('counting.yml')?.reason).toContain('`filtered`');
  expect(await namesNow()).not.toContain('filtered');
});

test('once the rules folder has it, the rules run with it', async () => {
  const files = { 'filters.yml': filter('late'), 'rule.yml': detection('late', 'outcome: failure') };
  expect((await imported(files)).taken).toEqual([]);
  cpSync(join(folder, 'filters.yml'), join(rulesDir, 'filters.yml'));
  expect(await imported(files)).toMatchObject({ taken: ['late'], refused: [] });
  expect(await imported(files)).toMatchObject({ taken: [], unchanged: ['late'], refused: [] });
  const other = { ...files, 'filters.yml': filter('late', '192.0.2.9') };
  expect(refusedIn(await imported(other))).toEqual(['filters.yml', 'rule.yml']);
});

test('mappings and placeholders are not kept either, nor are those of the folder taken for them', async () => {
  const acme = '{product: acme}';
  const report = await imported({
    'mapped.yml': detection('mapped', 'user: root', acme),
    'mapping.yml': `title: Acme\nmapping: {logsource: ${acme}, type: log, below: attributes.acme}\n`,
    'mine.yml': detection('mine', "user|expand: '%Servers%'"),
    'theirs.yml': detection('theirs', "user|expand: '%Admins%'"),
    'values.yml': 'placeholders: {Servers: [db1]}\n---\nplaceholders: {Admins: [admin]}\n',
  });
  expect(report.taken).toEqual([]);
  expect(refusedIn(report)).toEqual(['mapped.yml', 'mapping.yml', 'mine.yml', 'theirs.yml', 'values.yml']);
  const own = await imported({
    'own.yml': detection('own', "user|expand: '%Admins%'"),
    'values.yml': 'placeholders: {Admins: [root]}\n',
  });
  expect(refusedIn(own)).not.toContain('own.yml');
  expect(own.taken).toEqual(['own']);
});

test('a rule that counts what was refused does not count an older one instead', async () => {
  await imported({ 'inner.yml': detection('inner') });
  const report = await imported({
    'inner.yml': [
      detection('inner', 'outcome: success'),
      detection('broken').replace('condition: s', 'condition: t'),
    ].join('---\n'),
    'outer.yml': counting('outer', 'inner'),
  });
  expect(report.taken).toEqual([]);
  expect(refusedIn(report)).toEqual(['inner.yml', 'outer.yml']);
});

test('a rule that others need as it is, or whose name is taken, is not taken', async () => {
  const id = '0e95725d-7320-415d-80f7-004da920fc11';
  const named = (name: string, more: string) => detection(name, 'outcome: failure', login, `name: ${name}\n${more}`);
  await imported({ 'a.yml': named('needed', `id: ${id}\n`), 'b.yml': counting('many-needed', 'needed') });
  const needed = await imported({ 'a.yml': named('renamed', `id: ${id}\n`), 'fine.yml': detection('fine') });
  expect(needed.taken).toEqual(['fine']);
  expect(needed.refused).toMatchObject([{ file: 'a.yml', reason: expect.stringContaining('`many-needed`') }]);
  const both = { 'a.yml': named('renamed', `id: ${id}\n`), 'b.yml': counting('many-needed', 'renamed') };
  expect((await imported(both)).taken.sort()).toEqual([id, 'many-needed'].sort());
  expect((await imported({ 'twin.yml': named('fine', 'id: another\n') })).taken).toEqual([]);
  expect((await imported({ 'claim.yml': named('claim', 'id: renamed\n') })).taken).toEqual([]);
  expect(await namesNow()).toContain('renamed');
});

test('a rule of a file is taken as its next version, also where it is alone there', async () => {
  expect((await imported({ 'x.yml': detection('alone', 'outcome: success') })).taken).toEqual(['alone']);
  expect((await listed()).items.find(({ name }) => name === 'alone')).toMatchObject({ version: 2 });
});

test('parts of an import know what was refused before', async () => {
  const padding = `# ${'-'.repeat(300_000)}\n`;
  const report = await imported({
    'a.yml': padding + detection('part-a'),
    'b.yml': padding + detection('part-b'),
    'c.yml': padding + detection('part-c'),
    'filters.yml': filter('part-c'),
  });
  expect(report.taken.sort()).toEqual(['part-a', 'part-b']);
  expect(refusedIn(report)).toEqual(['c.yml', 'filters.yml']);
  expect(report.refused.some(({ reason }) => reason.startsWith('No rule has'))).toBe(false);
});

test('a text is checked as it would be taken, and nothing is kept', async () => {
  const before = await namesNow();
  const good = await check(counting('checked', 'here'));
  expect(good).toMatchObject({ ok: true, problems: [], rules: [{ name: 'checked', file: 'mine.yml' }] });
  expect(good.rules).toHaveLength(1);
  expect(await check(detection('here', 'outcome: success'))).toMatchObject({ ok: true, rules: [{ name: 'here' }] });
  for (const text of [
    counting('checked', 'nothing'),
    counting('checked', 'here', 'no..field'),
    detection('checked', 'outcome: failure', login, 'name: here\nid: another\n'),
    [detection('checked'), filter('checked')].join('---\n'),
    '# none\n',
  ]) {
    const { ok, problems } = await check(text);
    const answer = await post('/rules', { text, file: 'mine.yml' });
    expect([ok, answer.status]).toEqual([false, 422]);
    expect(((await answer.json()) as { problems: unknown }).problems).toEqual(problems);
  }
  const otherwise = await check(detection('here', 'cs-method: GET', '{category: webserver}'));
  expect(otherwise).toMatchObject({ ok: false, rules: [{ name: 'here' }] });
  expect(otherwise.problems.map(({ file }) => file)).toEqual([join(rulesDir, 'here.yml')]);
  expect(await namesNow()).toEqual(before);
});
