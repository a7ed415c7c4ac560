export { type RecountedAlert, type RecountOptions, recount } from './recount.js';
