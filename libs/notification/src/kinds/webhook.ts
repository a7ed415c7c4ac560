import { signedHeaders } from '../signature.js';
import type { HttpKind } from './kind.js';

/** JSON, signed. Its body is the same at every attempt. */
export const webhook: HttpKind = (target, message, now) => {
  const body = JSON.stringify({
    id: message.key,
    target: target.id,
    transitions: message.transitions.map(({ transition, alert }) => ({ transition, alert })),
  });
  return { url: target.settings.url, body, headers: signedHeaders(message.key, body, target.secrets, now) };
};
