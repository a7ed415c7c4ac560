import { mail, mbox } from './mail.js';
import { ndjson } from './ndjson.js';
import { nginx } from './nginx.js';
import type { Parser } from './parser.js';
import { sshd } from './sshd.js';

/** Every parser, by the name of its stream. A new one is its file and a line here. */
export const parsers: ReadonlyMap<string, Parser> = new Map(
  [ndjson, nginx, sshd, mail, mbox].map((parser) => [parser.stream, parser]),
);
