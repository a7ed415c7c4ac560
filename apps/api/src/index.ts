export { ApiModule } from './api.module.js';
export { HealthModule } from './health/health.module.js';
export { openApiPaths, serveOpenApi } from './openapi/openapi.js';
export type { ApiPorts } from './ports.js';
export type { RuleCounters } from './rules/rule-counters.js';
export type { SignIn } from './sign-in/sign-in.js';
