import type { FastifyContextConfig } from 'fastify';

/** A route and whom it is for. `url` as fastify writes it: `:name` stands for one segment, `*` for the rest. */
export interface DeclaredRoute {
  method: string;
  url: string;
  scope: NonNullable<FastifyContextConfig['scope']>;
}

declare module 'fastify' {
  interface FastifyInstance {
    /** Every route there is. */
    declaredRoutes: readonly DeclaredRoute[];
  }
}

/** Which methods each path takes, and whom for: tells 405 from 404. */
export class RouteMethods {
  readonly declared: DeclaredRoute[] = [];
  private readonly routes: { pattern: RegExp; methods: string[] }[] = [];

  add(url: string, methods: string | string[], scope: DeclaredRoute['scope']): void {
    this.declared.push(...[methods].flat().map((method) => ({ method, url, scope })));
    const source = url
      .split(/(:\w+|\*)/)
      .map((part) => (part === '*' ? '.*' : part.startsWith(':') ? '[^/]+' : escapeRegExp(part)))
      .join('');
    this.routes.push({ pattern: new RegExp(`^${source}/?$`), methods: [methods].flat() });
  }

  allowed(path: string): string[] {
    const methods = this.routes.filter((route) => route.pattern.test(path)).flatMap((route) => route.methods);
    return [...new Set(methods)].sort();
  }
}

const escapeRegExp = (text: string) => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
