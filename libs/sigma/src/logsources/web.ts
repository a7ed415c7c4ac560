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
  'cs-cookie': 'Cookies are not kept; leave the field out',
  'cs-bytes': 'Only the bytes sent are kept: `sc-bytes`',
  'cs-version': 'The protocol version is not kept; leave the field out',
  's-ip': 'Use the name of the server, `cs-host`',
  's-port': 'Use the name of the server, `cs-host`',
};

const fullUrl = 'The scheme is not kept, so the full URL is not known; use `cs-host`, `c-uri-stem` and `c-uri-query`';

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
    'c-uri': fullUrl,
    'cs-uri': fullUrl,
    'c-uri-extension': 'Use `c-uri-stem|endswith`',
    'r-dns': 'Use `cs-host`',
  },
};
