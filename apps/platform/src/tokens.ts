/** Injection tokens: ports are passed to an app's module by `register`, and injected by these names. */
export const LOG = Symbol('LOG');
export const CLOCK = Symbol('CLOCK');
export const CONFIG = Symbol('CONFIG');
export const DATABASE = Symbol('DATABASE');
export const KEYS = Symbol('KEYS');
export const METRICS = Symbol('METRICS');
export const LOGGER = Symbol('LOGGER');
