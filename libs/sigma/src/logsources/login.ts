import { type LogSource } from './logsource.js';

const loginFields = {
  outcome: 'data.outcome',
  user: 'data.user',
  ip: 'data.ip',
  src_ip: 'data.ip',
  service: 'data.service',
  host: 'data.host',
  hostname: 'data.host',
  method: 'data.method',
  reason: 'data.reason',
};

/** Logins of every kind. */
export const authentication: LogSource = { category: 'authentication', types: ['login'], fields: loginFields };

/** What sshd says about logins; its other messages are events of type `log`. */
export const sshd: LogSource = {
  product: 'linux',
  service: 'sshd',
  types: ['login'],
  where: { 'data.service': ['sshd'] },
  fields: loginFields,
};
