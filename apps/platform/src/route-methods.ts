/** Which methods each path takes: tells 405 from 404. */
export class RouteMethods {
  private readonly routes: { pattern: RegExp; methods: string[] }[] = [];

  /** `url` as fastify writes it: `:name` stands for one segment, `*` for the rest. */
  add(url: string, methods: string | string[]): void {
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
