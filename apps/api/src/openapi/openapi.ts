import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { DocumentBuilder, type OpenAPIObject, SwaggerModule } from '@nestjs/swagger';
import Type from 'typebox';
import type { DeclaredRoute } from '../../../platform/src/index.js';

/** Open to everybody: `createHttpApp` takes these as `publicPaths`. */
export const openApiPaths = ['/docs', '/openapi.json'] as const;

const Problem = Type.Object(
  {
    type: Type.String(),
    title: Type.String(),
    status: Type.Integer(),
    code: Type.String({ description: 'Stable, for programs' }),
    detail: Type.String({ description: 'One sentence, with what to do' }),
    instance: Type.String({ description: 'The path asked for' }),
    requestId: Type.String(),
    errors: Type.Optional(
      Type.Array(Type.Object({ field: Type.String(), message: Type.String() }), {
        description: 'Each bad parameter or field',
      }),
    ),
  },
  { description: 'RFC 9457; further members are facts of the problem', additionalProperties: true },
);

/** Serves the document of every route in the app at `/openapi.json`, and a page for it at `/docs`. */
export function serveOpenApi(app: NestFastifyApplication, version: string): void {
  SwaggerModule.setup('docs', app, () => openApiDocument(app, version), {
    jsonDocumentUrl: 'openapi.json',
    raw: ['json'],
    customSiteTitle: 'Weir: HTTP API',
  });
}

function openApiDocument(app: NestFastifyApplication, version: string): OpenAPIObject {
  const config = new DocumentBuilder()
    .setOpenAPIVersion('3.1.0')
    .setTitle('Weir')
    .setDescription('Spam and anomaly detection on a log: alerts, the log itself, rules and keys.')
    .setVersion(version)
    .setLicense('Apache-2.0', 'https://www.apache.org/licenses/LICENSE-2.0')
    .addServer('/')
    .addBearerAuth({ type: 'http', scheme: 'bearer', description: 'An API key' }, 'bearer')
    .addApiKey({ type: 'apiKey', in: 'header', name: 'X-Api-Key', description: 'The same key' }, 'apiKey')
    .addSecurityRequirements('bearer')
    .addSecurityRequirements('apiKey')
    .build();
  const document = SwaggerModule.createDocument(app, config, {
    operationIdFactory: (controller, method) => `${controller.replace('Controller', '').toLowerCase()}_${method}`,
  });
  tellScopes(document, app.getHttpAdapter().getInstance().declaredRoutes);
  // Routes write their own schemas out; what Nest makes of their TypeScript types says nothing.
  document.components = { ...document.components, schemas: { Problem: Problem as object } };
  return document;
}

/** Which scope each route asks for, where OpenAPI 3.1 has the roles that a scheme must give. */
function tellScopes({ paths }: OpenAPIObject, routes: readonly DeclaredRoute[]): void {
  for (const { method, url, scope } of routes) {
    const path = paths[url.replace(/:(\w+)/g, '{$1}')];
    const operation = path?.[method.toLowerCase() as 'get'];
    if (!operation) continue;
    const roles = scope === 'any' ? [] : [scope];
    operation.security = scope === 'public' ? [] : [{ bearer: roles }, { apiKey: roles }];
  }
}
