export { ApiModule } from './api.module.js';
export { openApiPaths, serveOpenApi } from './openapi/openapi.js';
export type { ApiPorts } from './ports.js';
