/**
 * Events at a steady rate in NDJSON batches of 100; so many times a second a new address fails to sign in ten times in one of them,
 * which a rule that ships alerts on.
 */
import { Agent, type IncomingMessage, request } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import type { Found } from './file-to-alerts.js';

/** Calls `opened` with the address of every alert that arrives. */
export function openStream(url: string, key: string, opened: (ip: string) => void): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    request(`${url}/api/v1/alerts/stream`, { headers: { 'x-api-key': key } }, (response) => {
      let rest = '';
      response.setEncoding('utf8').on('data', (text: string) => {
        const lines = (rest + text).split('\n');
        rest = lines.pop()!;
        for (const line of lines) {
          if (line.startsWith('data: ')) opened((JSON.parse(line.slice(6)) as Found).group['c-ip']);
        }
      });
      resolve(response);
    })
      .on('error', reject)
      .end();
  });
}

const batchEvents = 100;
let serial = 0;

/** Sends for so long; resolves with how many events were acknowledged. */
export async function drive(
  url: string,
  key: string,
  { perSecond, alertsPerSecond, seconds }: { perSecond: number; alertsPerSecond: number; seconds: number },
  planted: (ip: string, due: number) => void,
): Promise<number> {
  const agent = new Agent({ keepAlive: true, maxSockets: 64 });
  const batches = (perSecond * seconds) / batchEvents;
  const attackEvery = Math.max(1, Math.round(perSecond / batchEvents / alertsPerSecond));
  const start = performance.now();
  const answers: Promise<void>[] = [];
  for (let b = 0; b < batches; b++) {
    const due = start + (b * batchEvents * 1000) / perSecond;
    while (performance.now() < due) await delay(1);
    const attacker = b % attackEvery === 0 ? `198.18.${(serial >> 8) & 255}.${serial & 255}` : null;
    if (attacker !== null) planted(attacker, due);
    answers.push(post(agent, url, key, bodyOf(attacker)));
    serial++;
  }
  await Promise.all(answers);
  agent.destroy();
  return batches * batchEvents;
}

function bodyOf(attacker: string | null): string {
  let body = '';
  const time = new Date().toISOString();
  for (let i = 0; i < batchEvents; i++) {
    const client = (Math.random() * 100_000) >>> 0;
    const ip = i < 10 && attacker !== null ? attacker : `10.${client >>> 16}.${(client >>> 8) & 255}.${client & 255}`;
    const request = ip === attacker ? '"POST","path":"/login","status":401' : '"GET","path":"/api/items","status":200';
    const data = `{"client":"${ip}","ip":"${ip}","method":${request},"durationMs":7}`;
    body += `{"specversion":"1.0","id":"${serial}-${i}","source":"/bench","type":"api.call","time":"${time}","data":${data}}\n`;
  }
  return body;
}

function post(agent: Agent, url: string, key: string, body: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const headers = {
      'x-api-key': key,
      'content-type': 'application/x-ndjson',
      'content-length': Buffer.byteLength(body),
    };
    request(`${url}/api/v1/ingest/ndjson`, { method: 'POST', agent, headers }, (response) => {
      response.resume().on('end', () => {
        if (response.statusCode === 200) resolve();
        else reject(new TypeError(`The server answered ${response.statusCode}`));
      });
    })
      .on('error', reject)
      .end(body);
  });
}
