import { type LogSource } from './logsource.js';

/** Mails that a server received; Sigma has no taxonomy of its own for them. */
export const mail: LogSource = {
  category: 'mail',
  types: ['mail.receipt'],
  fields: {
    action: 'data.action',
    bytes: 'data.bytes',
    fingerprint: 'data.fingerprint',
    helo: 'data.helo',
    ip: 'data.ip',
    'message-id': 'data.messageId',
    recipient: 'data.recipients',
    recipients: 'data.recipients',
    score: 'data.score',
    sender: 'data.sender',
    src_ip: 'data.ip',
    status: 'data.status',
    subject: 'data.subject',
  },
};
