import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { SMTPServer } from 'smtp-server';
import { afterEach, describe, expect, test } from 'vitest';
import { alertOf, targetOf } from '../testing/alerts.js';
import { deliver } from './deliver.js';
import { signedHeaders } from './signature.js';
import { type Message, noticed, type TargetSettings } from './target.js';

const now = Date.UTC(2026, 0, 2);
const networks = ['127.0.0.0/8'];
const message: Message = { key: 'key-1', transitions: [{ n: 1, transition: 'opened', alert: noticed(alertOf()) }] };

let close: (() => void) | undefined;
afterEach(() => close?.());

async function listen(answer: RequestListener): Promise<string> {
  const server: Server = createServer(answer).listen(0, '127.0.0.1');
  await once(server, 'listening');
  close = () => {
    server.closeAllConnections();
    server.close();
  };
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const send = (settings: Partial<TargetSettings>, options: Partial<Parameters<typeof deliver>[2]> = {}, of = message) =>
  deliver(targetOf('t', settings), of, { now, networks, ...options });

/** Delivers to a server that takes it, and gives what came. */
async function take(settings: Partial<TargetSettings>, of = message) {
  let came: { url?: string; headers: Record<string, string>; body: string } | undefined;
  const url = await listen(async (request, answer) => {
    came = { url: request.url, headers: request.headers as Record<string, string>, body: await text(request) };
    answer.end();
  });
  expect(await send({ ...settings, url: settings.url?.replace('http://HERE', url) ?? url }, {}, of)).toMatchObject({
    kind: 'delivered',
  });
  return { ...came!, json: JSON.parse(came!.body) };
}

describe('a webhook', () => {
  test('gets JSON with the key, signed with each secret; the body is the same at every attempt', async () => {
    const first = await take({});
    expect(first.json).toMatchObject({
      id: 'key-1',
      target: 't',
      transitions: [{ transition: 'opened', alert: { id: 'a1' } }],
    });
    expect(first.json.transitions[0].alert).not.toHaveProperty('evidence');
    expect(first.headers).toMatchObject({
      'idempotency-key': 'key-1',
      ...signedHeaders('key-1', first.body, ['whsec_c2VjcmV0'], now),
    });
    expect((await take({})).body).toBe(first.body);
    expect(signedHeaders('k', 'b', ['whsec_YQ==', 'whsec_Yg=='], now)['webhook-signature']).toMatch(
      /^v1,\S{44} v1,\S{44}$/,
    );
  });

  test('gets the user and the password of its URL', async () => {
    const { headers } = await take({ url: 'http://HERE'.replace('HERE', 'HERE') });
    expect(headers).not.toHaveProperty('authorization');
    const url = await listen((request, answer) =>
      answer.writeHead(request.headers.authorization === 'Basic dTpw' ? 200 : 401).end(),
    );
    expect(await send({ url: url.replace('//', '//u:p@') })).toMatchObject({ kind: 'delivered' });
  });
});

test('Alertmanager gets labels that it takes, one that fires ends in the future, one that is over in the past', async () => {
  const alert = noticed(alertOf({ group: { 'src.ip': '192.0.2.7', '9lives': 'yes', alertname: 'forged' } }));
  const over = { ...alert, id: 'a2', state: 'closed' as const, closedAt: '2026-01-01T01:00:00.000Z' };
  const both: Message = {
    key: 'k',
    transitions: [
      { n: 1, transition: 'opened', alert },
      { n: 2, transition: 'opened', alert: { ...over, state: 'open', closedAt: null } },
      { n: 3, transition: 'closed', alert: over },
    ],
  };
  const { url, json } = await take({ kind: 'alertmanager', url: 'http://HERE/prefix/' }, both);
  expect(url).toBe('/prefix/api/v2/alerts');
  expect(json).toMatchObject([
    {
      labels: {
        alertname: 'ssh-brute-force',
        severity: 'high',
        weir_alert: 'a1',
        src_ip: '192.0.2.7',
        _9lives: 'yes',
        owner: 'ops',
      },
      startsAt: '2026-01-01T00:00:05.010Z',
      endsAt: '2026-01-02T00:05:00.000Z',
    },
    { labels: { weir_alert: 'a2' }, endsAt: '2026-01-01T01:00:00.000Z' },
  ]);
});

test('Slack gets its JSON, and what an event says is text in it', async () => {
  const alert = noticed(alertOf({ group: { user: '<!channel> & <http://evil.example|click>' } }));
  const { json, body } = await take(
    { kind: 'slack' },
    { key: 'k', transitions: [{ n: 1, transition: 'opened', alert }] },
  );
  expect(json.text).toBe(
    'Opened: SSH brute force (high), user &lt;!channel&gt; &amp; &lt;http://evil.example|click&gt;',
  );
  expect(json.attachments).toMatchObject([
    { color: '#f97316', title: json.text, text: expect.stringContaining('5 events') },
  ]);
  expect(body).not.toContain('<');
});

test('a message of many spells out some and counts the rest', async () => {
  const transitions = Array.from({ length: 70 }, (_, n) => ({ ...message.transitions[0], n }));
  const { json } = await take({ kind: 'slack' }, { key: 'k', transitions });
  expect(json.text).toBe('70 changes of alerts: 70 opened, 0 closed (20 are left out here)');
  expect(json.attachments).toHaveLength(50);
});

describe('what is no delivery', () => {
  test.each([
    [500, {}, 'answered 500: not today', null],
    [429, { 'retry-after': '7' }, 'answered 429: not today', 7_000],
    [503, { 'retry-after': 'Fri, 02 Jan 2026 00:02:00 GMT' }, 'answered 503: not today', 120_000],
    [302, { location: 'http://127.0.0.1:1/' }, 'answered 302; redirects are not followed: not today', null],
  ])('the answer %i', async (status, headers, problem, retryAfterMs) => {
    const url = await listen((_, answer) => answer.writeHead(status, headers).end('not today'));
    expect(await send({ url })).toEqual({ kind: 'failed', status, problem, retryAfterMs });
  });

  test('a server that hangs, before its answer and in it', async () => {
    const url = await listen((request, answer) => {
      if (request.url === '/in') answer.writeHead(200).write('…');
    });
    for (const path of ['/', '/in']) {
      const outcome = await send({ url: url + path }, { timeoutMs: 200 });
      expect(outcome).toMatchObject({ kind: 'failed', problem: expect.stringMatching(/did not answer within 0.2 s/) });
    }
  });

  test('one that answers without end is listened to for a moment only', async () => {
    const url = await listen((_, answer) => {
      answer.writeHead(500);
      const pour = () => {
        while (answer.write('x'.repeat(65_536)));
      };
      answer.on('drain', pour);
      pour();
    });
    const outcome = await send({ url });
    expect(outcome).toMatchObject({ kind: 'failed', status: 500 });
    expect((outcome as { problem: string }).problem.length).toBeLessThan(400);
  });

  test('an address that is not allowed, though it was when the target was made', async () => {
    let came = 0;
    const url = await listen((_, answer) => {
      came++;
      answer.end();
    });
    const port = new URL(url).port;
    for (const host of ['127.0.0.1', 'localhost', '[::ffff:127.0.0.1]']) {
      const outcome = await send({ url: `http://${host}:${port}/` }, { networks: [] });
      expect(outcome).toMatchObject({ kind: 'failed', problem: expect.stringMatching(/not a public address/) });
    }
    const mail = { kind: 'mail' as const, url: `smtp://127.0.0.1:${port}`, from: 'a@b.example', to: ['c@d.example'] };
    expect(await send(mail, { networks: [] })).toMatchObject({
      kind: 'failed',
      problem: expect.stringMatching(/not a public/),
    });
    expect(came).toBe(0);
  });

  test('nobody listens', async () => {
    const outcome = await send({ url: 'http://127.0.0.1:1/' });
    expect(outcome).toEqual({
      kind: 'failed',
      status: null,
      problem: "127.0.0.1:1 can't be reached (ECONNREFUSED).",
      retryAfterMs: null,
    });
  });
});

describe('mail', () => {
  interface Mail {
    from: string;
    to: string[];
    text: string;
  }
  const mails: Mail[] = [];

  async function smtp(refuse: (address: string) => boolean = () => false): Promise<string> {
    mails.length = 0;
    const server = new SMTPServer({
      authMethods: ['PLAIN'],
      disabledCommands: ['STARTTLS'],
      allowInsecureAuth: true,
      onAuth: ({ username, password }, _, done) =>
        username === 'weir' && password === 'p w' ? done(null, { user: username }) : done(new Error('535 no')),
      onRcptTo: ({ address }, _, done) =>
        refuse(address) ? done(Object.assign(new Error('no such user'), { responseCode: 550 })) : done(),
      onData: async (stream, { envelope }, done) => {
        const to = envelope.rcptTo.map(({ address }) => address);
        mails.push({ from: envelope.mailFrom ? envelope.mailFrom.address : '', to, text: await text(stream) });
        done();
      },
    });
    server.on('error', () => {});
    server.listen(0, '127.0.0.1');
    await once(server.server, 'listening');
    close = () => server.close();
    return `127.0.0.1:${(server.server.address() as AddressInfo).port}`;
  }

  const settings = { kind: 'mail' as const, from: 'weir@example.org', to: ['a@example.org', 'b@example.org'] };

  test('goes to a real server, with the key as its identity', async () => {
    const host = await smtp();
    const outcome = await send({ ...settings, url: `smtp://weir:p%20w@${host}` });
    expect(outcome).toEqual({ kind: 'delivered', status: 250, problem: null });
    expect(mails).toMatchObject([{ from: 'weir@example.org', to: ['a@example.org', 'b@example.org'] }]);
    expect(mails[0].text).toMatch(/^Subject: Opened: SSH brute force \(high\), ip 192\.0\.2\.7\r$/m);
    expect(mails[0].text).toMatch(/^Message-ID: <key-1@weir>\r$/m);
    expect(mails[0].text).toMatch(/^Idempotency-Key: key-1\r$/m);
  });

  test('whom it is not taken for is said; without any it failed', async () => {
    const url = `smtp://weir:p%20w@${await smtp((address) => address.startsWith('a@'))}`;
    expect(await send({ ...settings, url })).toEqual({
      kind: 'delivered',
      status: 250,
      problem: 'not taken for a@example.org',
    });
    expect(await send({ ...settings, url, to: ['a@example.org'] })).toMatchObject({ kind: 'failed', status: 550 });
  });

  test('a wrong password is a failure that says so', async () => {
    const url = `smtp://weir:wrong@${await smtp()}`;
    expect(await send({ ...settings, url })).toMatchObject({
      kind: 'failed',
      problem: expect.stringMatching(/Invalid login/),
    });
  });

  test('headers can’t be smuggled in by what an event says', async () => {
    const url = `smtp://weir:p%20w@${await smtp()}`;
    const alert = noticed(alertOf({ group: { user: 'x\r\nBcc: evil@example.org\r\n\r\nbody' } }));
    await send({ ...settings, url }, {}, { key: 'k', transitions: [{ n: 1, transition: 'opened', alert }] });
    expect(mails[0].text.split('\r\n\r\n')[0]).not.toMatch(/^Bcc:/m);
    expect(mails[0].to).toHaveLength(2);
  });

  test('a server that says nothing is given up', async () => {
    const { createServer: tcp } = await import('node:net');
    const silent = tcp(() => {}).listen(0, '127.0.0.1');
    await once(silent, 'listening');
    close = () => silent.close();
    const url = `smtp://127.0.0.1:${(silent.address() as AddressInfo).port}`;
    expect(await send({ ...settings, url }, { timeoutMs: 300 })).toMatchObject({ kind: 'failed' });
  });
});
