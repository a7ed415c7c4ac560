export { Calls, type CallsOptions, type Methods, Transferred } from './calls.js';
export { type CrossingError, PortError } from './errors.js';
