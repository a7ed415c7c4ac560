import { eventTypes } from '#libs/events';
import { networkPath } from '../fields.js';
import { type LogSource } from './logsource.js';

/** `product: weir, service: <event type>`: rules name our own fields. What Weir writes itself is no log source. */
export const weir: readonly LogSource[] = eventTypes
  .filter((type) => !type.internal)
  .map(({ name }) => ({ product: 'weir', service: name, types: [name], fields: 'data' }));

/**
 * The event's envelope, and what is worked out of its data. The sign keeps them apart from fields of `data` of the same name, as the
 * `subject` of a mail.
 */
export const envelope: Readonly<Record<string, string>> = {
  $id: 'id',
  $network: networkPath('data.ip'),
  $source: 'source',
  $subject: 'subject',
  $time: 'time',
  $type: 'type',
};
