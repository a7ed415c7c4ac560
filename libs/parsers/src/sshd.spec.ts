import { describe, expect, it } from 'vitest';
import { contextOf, eventsIn, rejectIn } from '../testing/outcome.js';
import { sshd } from './sshd.js';

const parse = (line: string, position = 0) => sshd.open(contextOf())(line, position);
const of = (message: string) => eventsIn(parse(`Jan 15 10:00:00 web-1 sshd[42]: ${message}`));
const login = { service: 'sshd', host: 'web-1' };

describe('sshd', () => {
  it.each([
    [
      'Failed password for root from 192.0.2.7 port 22 ssh2',
      { outcome: 'failure', user: 'root', ip: '192.0.2.7', method: 'password' },
    ],
    [
      'Failed password for invalid user ann from 192.0.2.7 port 22 ssh2',
      { outcome: 'failure', user: 'ann', ip: '192.0.2.7', method: 'password', reason: 'invalid user' },
    ],
    [
      'Failed password for invalid user  from 192.0.2.7 port 22 ssh2',
      { outcome: 'failure', user: '', ip: '192.0.2.7', method: 'password', reason: 'invalid user' },
    ],
    [
      'Failed none for invalid user 0 from 2001:db8::7 port 22 ssh2',
      { outcome: 'failure', user: '0', ip: '2001:db8::7', method: 'none', reason: 'invalid user' },
    ],
    [
      'Failed publickey for ann from 192.0.2.7 port 22 ssh2: RSA SHA256:aC2U',
      { outcome: 'failure', user: 'ann', ip: '192.0.2.7', method: 'publickey' },
    ],
    [
      'Failed keyboard-interactive/pam for ann from 192.0.2.7 port 22 ssh2 [preauth]',
      { outcome: 'failure', user: 'ann', ip: '192.0.2.7', method: 'keyboard-interactive/pam' },
    ],
    [
      'Accepted password for ann from 192.0.2.7 port 22 ssh2',
      { outcome: 'success', user: 'ann', ip: '192.0.2.7', method: 'password' },
    ],
  ])('%s', (message, data) => {
    expect(of(message)).toMatchObject([{ type: 'login', data: { ...login, ...data } }]);
  });

  it('believes the address that sshd wrote, not one within the user name', () => {
    const message = 'Failed password for invalid user x from 198.51.100.1 port 1 ssh2 from 192.0.2.7 port 22 ssh2';
    expect(of(message)).toMatchObject([{ data: { ip: '192.0.2.7', user: 'x from 198.51.100.1 port 1 ssh2' } }]);
  });

  it('counts a repeated message as often as it was repeated', () => {
    const line =
      'Jan 15 10:00:00 web-1 sshd[42]: message repeated 3 times: [ Failed password for root from 192.0.2.7 port 22 ssh2]';
    const events = eventsIn(parse(line, 90));
    expect(events.map(({ id }) => id)).toEqual(['90', '90#1', '90#2']);
    expect(events).toMatchObject(Array(3).fill({ type: 'login', data: { user: 'root' } }));
    expect(rejectIn(parse(line.replace('3', '10001'))).code).toBe('SYSLOG_REPEATED_TOO_OFTEN');
  });

  it.each([
    [
      'sshd[42]: Invalid user ann from 192.0.2.7',
      { service: 'sshd', body: 'Invalid user ann from 192.0.2.7', attributes: { pid: 42 } },
    ],
    ['sshd[42]: Failed password for root from UNKNOWN port 65535 ssh2', { service: 'sshd' }],
    [
      'CRON[7]: pam_unix(cron:session): session opened',
      { service: 'CRON', body: 'pam_unix(cron:session): session opened' },
    ],
    ['sudo:   ann : TTY=pts/0 ; COMMAND=/bin/ls', { service: 'sudo', body: '  ann : TTY=pts/0 ; COMMAND=/bin/ls' }],
    ['postfix/smtpd[1]: Failed password for root from 192.0.2.7 port 22', { service: 'postfix/smtpd' }],
    ['-- MARK --', { service: 'syslog', body: '-- MARK --' }],
  ])('keeps %s as a log event', (line, data) => {
    expect(eventsIn(parse(`Jan  5 10:00:00 web-1 ${line}`))).toMatchObject([
      { type: 'log', data: { host: 'web-1', ...data } },
    ]);
  });

  it.each([
    ['Jan 15 10:00:00 h ', '2026-01-15T10:00:00.000Z', undefined],
    ['<38>Jan  5 10:00:00 h ', '2026-01-05T10:00:00.000Z', 'informational'],
    ['2026-01-15T10:00:00.123456+01:00 h ', '2026-01-15T10:00:00.123456+01:00', undefined],
    ['2026-01-15T10:00:00+0100 h ', '2026-01-15T10:00:00+01:00', undefined],
  ])('reads the header %s', (header, time, severity) => {
    expect(eventsIn(parse(`${header}sshd[1]: hello`))).toMatchObject([
      { time, data: { host: 'h', service: 'sshd', body: 'hello' } },
    ]);
    expect(eventsIn(parse(`${header}sshd[1]: hello`))[0].data.severity).toBe(severity);
    expect(eventsIn(parse(`${header}sshd-session[1]: Accepted password for a from ::1 port 1`))).toMatchObject([
      { time, type: 'login' },
    ]);
  });

  it('reads RFC 5424, with and without structured data', () => {
    for (const structured of ['-', '[a@1 b="c \\"]\\" d"][e]']) {
      const line = `<35>1 2026-01-15T10:00:00Z h sshd 7 - ${structured} \uFEFFFailed password for root from 192.0.2.7 port 22 ssh2`;
      expect(eventsIn(parse(line))).toMatchObject([{ type: 'login', data: { host: 'h', user: 'root' } }]);
    }
  });

  it('refuses lines without a time', () => {
    for (const line of [
      'hello',
      'Feb 30 10:00:00 h sshd: x',
      'Jan 15 25:00:00 h sshd: x',
      '2026-01-15T10:00 h sshd: x',
      '<1>1 - h sshd - - - x',
    ]) {
      expect(rejectIn(parse(line)).code).toBe('SYSLOG_LINE_INVALID');
    }
    expect(eventsIn(parse('\r'))).toEqual([]);
  });
});
