import { isAddress, log, login } from '#libs/events';
import { splitLines, textOf } from './lines.js';
import { type LineParser, nothing, type Outcome, parsedEvent, reject, type StreamContext } from './parser.js';
import { parseSyslogLine, type SyslogLine } from './syslog-line.js';
import { syslogClock } from './syslog-time.js';

/** More copies than this in one `message repeated N times` are not believed. */
export const repeatsMax = 10_000;

/**
 * An auth.log: sshd's `Failed …` and `Accepted …`, by whatever method, become `login` events; every other line becomes
 * a `log` event, so that nothing is lost. `message repeated N times: [ … ]` counts N times.
 *
 * What sshd says around an attempt (`Invalid user …`, pam's `authentication failure`, `maximum authentication attempts
 * exceeded`) tells of attempts that it also logs as `Failed …`; counting it would count them twice.
 */
export const sshd: LineParser = {
  stream: 'sshd',
  kind: 'line',
  split: splitLines,
  open(context) {
    const clock = syslogClock(context);
    return (line, position) => {
      const text = textOf(line);
      if (typeof text !== 'string') return text;
      if (text === '') return nothing;
      const parsed = parseSyslogLine(text, clock);
      return parsed === undefined ? noHeader : eventsOf(parsed, context, position);
    };
  },
};

const noHeader = reject(
  'SYSLOG_LINE_INVALID',
  'the line does not begin with a time and a host, such as "Jan 15 10:00:00 web-1 sshd[42]: …": feed it to another stream',
);

const repeated = /^message repeated (\d+) times: \[ ?(.*?) ?\]$/s;

function eventsOf(line: SyslogLine, context: StreamContext, position: number): Outcome {
  const [, times = '1', message = line.message] = repeated.exec(line.message) ?? [];
  if (Number(times) > repeatsMax) {
    return reject(
      'SYSLOG_REPEATED_TOO_OFTEN',
      `the message is repeated more than ${repeatsMax} times: feed the lines themselves`,
    );
  }
  const once = { ...line, message };
  const attempt = isSshd(line.program) ? loginOf(once) : undefined;
  const [type, data] = attempt === undefined ? [log, logOf(once)] : [login, attempt];
  const events = Array.from({ length: Number(times) }, (_, k) =>
    parsedEvent(type, { id: context.id(position, k), source: context.source, time: line.time, data }),
  );
  return { kind: 'events', events };
}

/** Since OpenSSH 9.8 a connection's process has a name of its own. */
const isSshd = (program: string | undefined): boolean => program !== undefined && /^sshd(?:-\w+)?$/.test(program);

// The user is whatever the other side sent, possibly " from 192.0.2.1 port 1": the last address is sshd's own.
const attempted = /^(Failed|Accepted) (\S+) for (invalid user )?(.*) from (\S+) port \d+(?: .*)?$/s;

function loginOf({ host, message }: SyslogLine): Record<string, unknown> | undefined {
  const [, verdict, method, invalid, user, ip] = attempted.exec(message) ?? [];
  if (ip === undefined || !isAddress(ip)) return undefined;
  const outcome = verdict === 'Accepted' ? 'success' : 'failure';
  const reason = invalid === undefined ? undefined : 'invalid user';
  return { outcome, user, ip, service: 'sshd', host, method, reason };
}

function logOf({ host, program, pid, severity, message }: SyslogLine): Record<string, unknown> {
  const service = program === undefined ? 'syslog' : isSshd(program) ? 'sshd' : program;
  return { service, host, severity, body: message, attributes: pid === undefined ? undefined : { pid } };
}
