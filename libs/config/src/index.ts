export { ConfigError, type ConfigProblem } from './errors.js';
export { environmentHelp, environmentTable } from './help.js';
export { duration, type Retention } from './kinds.js';
export { loadConfig } from './load.js';
export { type Config, variables } from './variables.js';
