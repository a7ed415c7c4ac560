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

/** Fields of the taxonomy that few logs carry; senders that have them name them so. */
const seldomSent = {
  'cs-bytes': 'data.requestBytes',
  'cs-cookie': 'data.cookie',
  'cs-version': 'data.protocol',
  's-ip': 'data.serverIp',
  's-port': 'data.serverPort',
} as const;

/** Access logs of web servers (W3C field names). */
export const webserver: LogSource = {
  category: 'webserver',
  types: ['api.call'],
  fields: { ...requestFields, ...seldomSent, 'cs-uri': { join: ['data.path', 'data.query'], separator: '?' } },
};

/** Requests of clients through a proxy. The full URL is there only if the sender gave it. */
export const proxy: LogSource = {
  category: 'proxy',
  types: ['api.call'],
  fields: {
    ...requestFields,
    ...seldomSent,
    'c-uri': 'data.url',
    'cs-uri': 'data.url',
    'c-uri-extension': { extensionOf: 'data.path' },
    'c-uri-query': 'data.query',
    'c-uri-stem': 'data.path',
    'c-useragent': 'data.userAgent',
    'r-dns': 'data.host',
    src_ip: 'data.ip',
    dst_ip: 'data.serverIp',
  },
};
