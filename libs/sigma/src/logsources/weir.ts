import { type LogSource } from './logsource.js';

const eventTypes = [
  'api.call',
  'page.view',
  'search',
  'login',
  'mail.receipt',
  'share',
  'relation',
  'contest.entry',
  'vote',
  'retract',
  'metric',
  'log',
];

/** `product: weir, service: <event type>`: rules name our own fields. */
export const weir: readonly LogSource[] = eventTypes.map((type) => ({
  product: 'weir',
  service: type,
  types: [type],
  fields: 'data',
}));

/** The event's envelope. The sign keeps it apart from fields of `data` of the same name, as the `subject` of a mail. */
export const envelope: Readonly<Record<string, string>> = {
  $id: 'id',
  $source: 'source',
  $subject: 'subject',
  $time: 'time',
  $type: 'type',
};
