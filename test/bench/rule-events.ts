import { globSync, readFileSync } from 'node:fs';
import { type LineParser, parsers, positionId } from '#libs/parsers';
import { accessLog } from './access-log.js';
import { sigmaIsThere } from './many-rules.js';

/** Lines of one event type as the log has them. */
export interface EventLines {
  name: string;
  topic: string;
  lines: Buffer[];
}

const start = Date.UTC(2026, 0, 15, 10);
const envelope = (type: string, i: number, data: unknown) =>
  Buffer.from(
    JSON.stringify({
      specversion: '1.0',
      id: `${type}-${i}`,
      source: 'bench',
      type,
      time: new Date(start + i).toISOString(),
      data,
    }),
  );

function requests(count: number): Buffer[] {
  const nginx = (parsers.get('nginx') as LineParser).open({ source: 'bench', id: positionId, receivedAt: 0 });
  const log = accessLog(count);
  return Array.from({ length: count }, (_, i) => {
    const outcome = nginx(Buffer.from(log.line(i)), i);
    if (outcome.kind !== 'events') throw new TypeError('The access log was not understood');
    return outcome.events[0].value;
  });
}

function logins(count: number): Buffer[] {
  const login = (i: number) => ({
    outcome: i % 10 === 0 ? 'failure' : 'success',
    user: `user${i % 997}`,
    ip: `10.0.${i % 256}.${i % 199}`,
    service: 'sshd',
    host: `host-${i % 20}`,
    method: i % 3 === 0 ? 'password' : 'publickey',
  });
  return Array.from({ length: count }, (_, i) => envelope('login', i, login(i)));
}

/** Windows events that others recorded, each with its own number. Without them, two of a kind. */
function windowsEvents(count: number): Buffer[] {
  const files = sigmaIsThere ? globSync('../shared/data/sigma/regression/*/*.json').toSorted() : [];
  const recorded = files.flatMap((file) => readFileSync(file, 'utf8').split(/^(?=\{)/m));
  const events = (recorded.length > 0 ? recorded : [plainWindowsEvent]).map((text) => JSON.parse(text) as WindowsEvent);
  return Array.from({ length: count }, (_, i) => {
    const { Event } = events[i % events.length];
    const attributes = { Event: { ...Event, System: { ...Event.System, EventRecordID: i } } };
    return envelope('log', i, { service: 'windows', host: `host-${i % 20}`, body: '', attributes });
  });
}

interface WindowsEvent {
  Event: { System: object };
}

const plainWindowsEvent = JSON.stringify({
  Event: {
    System: { Channel: 'Microsoft-Windows-Sysmon/Operational', EventID: 1 },
    EventData: { Image: 'C:\\Windows\\System32\\conhost.exe', CommandLine: 'conhost --headless' },
  },
});

/** What an audit of Linux says of every program that starts. */
function processes(count: number): Buffer[] {
  const commands = ['ls -l /var', 'cat /etc/hosts', 'grep -r error /var/log', 'python3 app.py --port 80', 'sh -c date'];
  const attributes = (i: number) => ({
    logsource: { product: 'linux', category: 'process_creation' },
    Image: `/usr/bin/${commands[i % commands.length].split(' ')[0]}`,
    ParentImage: '/usr/bin/bash',
    CommandLine: commands[i % commands.length],
    User: `user${i % 997}`,
    ProcessId: i,
  });
  return Array.from({ length: count }, (_, i) =>
    envelope('log', i, { service: 'auditd', host: `host-${i % 20}`, body: '', attributes: attributes(i) }),
  );
}

/** Events of `count` per kind, none of them twice. */
export function ruleEvents(count: number): EventLines[] {
  return [
    { name: 'nginx lines', topic: 'api.call', lines: requests(count) },
    { name: 'logins', topic: 'login', lines: logins(count) },
    { name: 'Windows events', topic: 'log', lines: windowsEvents(count) },
    { name: 'Linux processes', topic: 'log', lines: processes(count) },
  ];
}
