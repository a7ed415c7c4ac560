import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { createServer, type Server as HttpServer } from 'node:http';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Cli, type Running } from '../../apps/weir/testing/cli.js';
import { adminKey } from './outcome.js';
import { programsForTests } from './programs.js';
import { freePort } from './receiver.js';
import { Server } from './server.js';

const names = ['prometheus', 'prometheus-alertmanager'] as const;
const programs = programsForTests('Alertmanager and Prometheus as Debian has them', names, names.join(' '));

interface Item {
  rule: { id: string; name: string; title: string; owner: string | null };
  severity: string;
  state: string;
  group: Record<string, string>;
  closedAt: string | null;
}

let cli: Cli;
let weir: Running;
const servers: Server[] = [];

beforeAll(async () => {
  cli = new Cli();
  weir = await cli.start({ WEIR_NOTIFY_NETWORKS: '127.0.0.0/8' });
});
afterAll(async () => {
  for (const server of servers) await server.end();
  await cli.close();
});

const ask = (path: string, method = 'GET', body?: string, type = 'application/json') =>
  fetch(weir.url + path, {
    method,
    body,
    headers: { 'x-api-key': adminKey(cli), ...(body && { 'content-type': type }) },
  });
const alerts = async (query: string): Promise<Item[]> =>
  ((await (await ask(`/api/v1/alerts?${query}`)).json()) as { items: Item[] }).items;

const sshd = (hour: number, ip: string) =>
  [1, 2, 3, 4, 5, 6]
    .map((s) => `Jan 15 ${hour}:00:0${s} web-1 sshd[42]: Failed password for root from ${ip} port 4242 ssh2\n`)
    .join('');
const send = (lines: string) => ask('/api/v1/ingest/sshd', 'POST', lines, 'text/plain');

/** A server of the test's own, with what it answers. */
async function listen(answer: (body: string) => string): Promise<{ server: HttpServer; port: number }> {
  const server = createServer(async (request, response) => response.end(answer(await text(request)))).listen(
    0,
    '127.0.0.1',
  );
  await once(server, 'listening');
  return { server, port: (server.address() as { port: number }).port };
}

test.skipIf(!programs)(
  'Alertmanager shows our alerts firing, for as long as they do, and tells that they are resolved',
  async () => {
    const told: { status: string; alerts: { status: string; labels: Record<string, string> }[] }[] = [];
    const { server, port: hook } = await listen((body) => {
      told.push(JSON.parse(body));
      return '';
    });
    const port = await freePort();
    const config = join(cli.dataDir, 'alertmanager.yml');
    writeFileSync(
      config,
      `route: {receiver: here, group_wait: 0s, group_interval: 1s, group_by: [weir_alert]}
receivers: [{name: here, webhook_configs: [{url: 'http://127.0.0.1:${hook}', send_resolved: true}]}]\n`,
    );
    const storage = `--storage.path=${join(cli.dataDir, 'alertmanager')}`;
    const args = [
      `--config.file=${config}`,
      storage,
      `--web.listen-address=127.0.0.1:${port}`,
      '--cluster.listen-address=',
    ];
    const url = `http://127.0.0.1:${port}`;
    servers.push(await Server.start(programs!['prometheus-alertmanager'], args, `${url}/-/ready`));

    const put = await ask(
      '/api/v1/webhooks/am',
      'PUT',
      JSON.stringify({ kind: 'alertmanager', url, resendSeconds: 1 }),
    );
    expect(put.status).toBe(200);
    await send(sshd(10, '192.0.2.7'));
    const shown = async () =>
      (await (await fetch(`${url}/api/v2/alerts`)).json()) as {
        labels: Record<string, string>;
        annotations: { summary: string };
        updatedAt: string;
        startsAt: string;
      }[];
    await expect.poll(shown).toHaveLength(1);
    const [first] = await shown();
    expect(first).toMatchObject({
      labels: { alertname: 'ssh-bruteforce', severity: 'medium', ip: '192.0.2.7' },
      annotations: { summary: 'SSH password guessing: ip 192.0.2.7' },
      startsAt: expect.stringMatching(/^\d{4}-01-15T10:00:05/),
    });
    // It is said again and again that it fires.
    await expect.poll(async () => (await shown())[0].updatedAt).not.toBe(first.updatedAt);
    expect(told.map(({ status }) => status)).toEqual(['firing']);

    // An hour later on the log: what was quiet is over.
    await send(sshd(11, '192.0.2.8'));
    const ips = async () => (await shown()).map(({ labels }) => labels.ip);
    await expect.poll(ips).toEqual(['192.0.2.8']);
    const over = () => told.flatMap((group) => group.alerts).filter(({ status }) => status === 'resolved');
    await expect.poll(over).toHaveLength(1);
    expect(over()[0].labels.ip).toBe('192.0.2.7');
    server.close();
  },
  120_000,
);

test.skipIf(!programs)(
  'Prometheus sends its alerts: they open, and close when it says so or says nothing more',
  async () => {
    let lamp = 1;
    const { server, port: scraped } = await listen(() => `lamp{room="kitchen"} ${lamp}\n`);
    const port = await freePort();
    const file = (name: string, content: string) => {
      writeFileSync(join(cli.dataDir, name), content);
      return join(cli.dataDir, name);
    };
    const rules = file(
      'rules.yml',
      `groups: [{name: all, rules: [{alert: LampOn, expr: lamp == 1, labels: {severity: critical, team: house},
      annotations: {summary: 'The lamp in the {{ $labels.room }} is on'}}]}]\n`,
    );
    const config = file(
      'prometheus.yml',
      `global: {scrape_interval: 1s, evaluation_interval: 1s}
rule_files: ['${rules}']
scrape_configs: [{job_name: lamps, static_configs: [{targets: ['127.0.0.1:${scraped}']}]}]
alerting: {alertmanagers: [{authorization: {credentials: '${adminKey(cli)}'}, static_configs: [{targets: ['${new URL(weir.url).host}']}]}]}\n`,
    );
    const args = [
      `--config.file=${config}`,
      `--storage.tsdb.path=${join(cli.dataDir, 'prometheus')}`,
      `--web.listen-address=127.0.0.1:${port}`,
      '--rules.alert.resend-delay=1s',
    ];
    const prometheus = await Server.start(programs!.prometheus, args, `http://127.0.0.1:${port}/-/ready`);
    servers.push(prometheus);
    const states = async () => (await alerts('rule=LampOn')).map(({ state }) => state);
    await expect.poll(states).toEqual(['open']);
    expect((await alerts('rule=LampOn'))[0]).toMatchObject({
      rule: { id: 'prometheus:LampOn', title: 'The lamp in the kitchen is on', owner: 'house' },
      severity: 'critical',
      group: { room: 'kitchen', job: 'lamps' },
    });

    lamp = 0;
    await expect.poll(states).toEqual(['closed']);
    lamp = 1;
    await expect.poll(states).toEqual(['open', 'closed']);
    await prometheus.end('SIGKILL');
    await expect.poll(states).toEqual(['closed', 'closed']);
    await cli.json('lag', '--wait');
    expect(await cli.json('audit')).toMatchObject({ agrees: true });
    server.close();
  },
  180_000,
);
