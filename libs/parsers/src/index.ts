export { parsers } from './catalogue.js';
export {
  type LineParser,
  type MessageParser,
  type Outcome,
  type ParsedEvent,
  type Parser,
  positionId,
  type Reject,
  type StreamContext,
  type Unit,
} from './parser.js';
export { syslogYears } from './syslog-time.js';
