import { type LogSource } from './logsource.js';

const requestFields = {
  'c-ip': 'data.ip',
  'cs-username': 'data.user',
  'cs-host': 'data.host',
  'cs-method': 'data.method',
  'cs-uri-stem': 'data.path',
  'cs-uri-query': 'data.query',
  'cs-user-agent': 'data.userAgent',
  'cs-referer': 'data.referrer',
  'sc-status': 'data.status',
  'sc-bytes': 'data.bytes',
  'time-taken': 'data.durationMs',
} as const;

const notCarried = {
  'cs-cookie': 'events carry no cookies',
  'cs-bytes': 'events carry the bytes sent, not those received',
  'cs-version': 'events carry no protocol version',
  's-ip': "events carry no server address; use the server's name, `cs-host`",
  's-port': 'events carry no port',
};

/** Access logs of web servers (W3C field names). */
export const webserver: LogSource = {
  category: 'webserver',
  types: ['api.call'],
  fields: { ...requestFields, 'cs-uri': { join: ['data.path', 'data.query'], separator: '?' } },
  absent: notCarried,
};

/** Requests of clients through a proxy. Their full URL is not carried in one piece: events have host, path and query. */
export const proxy: LogSource = {
  category: 'proxy',
  types: ['api.call'],
  fields: {
    ...requestFields,
    'c-useragent': 'data.userAgent',
    'c-uri-stem': 'data.path',
    'c-uri-query': 'data.query',
  },
  absent: {
    ...notCarried,
    'c-uri': 'events carry no scheme, so the full URL is not known; use `cs-host`, `c-uri-stem` and `c-uri-query`',
    'cs-uri': 'events carry no scheme, so the full URL is not known; use `cs-host`, `c-uri-stem` and `c-uri-query`',
    'c-uri-extension': 'use `c-uri-stem|endswith`',
    'r-dns': 'use `cs-host`',
  },
};
