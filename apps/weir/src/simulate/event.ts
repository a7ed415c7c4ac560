/** What happens, and when: an event without its envelope. */
export interface Happening {
  /** Milliseconds since the epoch. */
  time: number;
  type: 'api.call' | 'login' | 'mail.receipt';
  data: Readonly<Record<string, unknown>>;
}

/** A CloudEvent as Weir takes it in. */
export interface SimulatedEvent {
  specversion: '1.0';
  id: string;
  source: string;
  type: Happening['type'];
  time: string;
  data: Happening['data'];
}

const BROWSER = 'Mozilla/5.0 (X11; Linux x86_64; rv:121.0) Gecko/20100101 Firefox/121.0';

export function apiCall(time: number, ip: string, call: { method: string; path: string; status: number }): Happening {
  const ok = call.status < 400;
  const data = {
    client: ip,
    service: 'shop',
    host: 'web-1',
    ip,
    ...call,
    durationMs: ok ? 24 : 6,
    bytes: ok ? 1840 : 312,
  };
  return { time, type: 'api.call', data: { ...data, userAgent: BROWSER } };
}

export function login(time: number, ip: string, user: string, outcome: 'success' | 'failure'): Happening {
  const reason = outcome === 'failure' ? { reason: 'bad-password' } : {};
  return {
    time,
    type: 'login',
    data: { outcome, user, ip, service: 'sshd', host: 'bastion-1', method: 'password', ...reason },
  };
}

export function mail(time: number, sender: string, recipients: string[], fingerprint: string): Happening {
  const data = { sender, recipients, ip: '192.0.2.25', status: 'accepted', bytes: 4096, fingerprint };
  return { time, type: 'mail.receipt', data };
}
