export { createHttpApp, type HttpOptions } from './http.js';
export { LogTransport, type LogTransportOptions } from './log-transport.js';
export { Problem } from './problem.js';
export { problemOf } from './problem-of.js';
export { Public, RawBody, RequireScope } from './route.js';
export { CLOCK, CONFIG, DATABASE, KEYS, LOG, LOGGER, METRICS } from './tokens.js';
