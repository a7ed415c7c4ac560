import type { Message, Target } from '../target.js';

export interface HttpRequest {
  url: string;
  body: string;
  headers: Readonly<Record<string, string>>;
}

/** A message as a kind of target wants it. */
export type HttpKind = (target: Target, message: Message, now: number) => HttpRequest;
