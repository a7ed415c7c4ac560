import { RouteConfig } from '@nestjs/platform-fastify';
import type { FastifyContextConfig } from 'fastify';
import type { Principal, Scope } from '#libs/auth';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** What a key must carry to come here; `any`: any key will do; `public`: nobody is asked for one. */
    scope?: Scope | 'any' | 'public';
    /** From this machine itself, no key is asked for. */
    openOnLoopback?: boolean;
    /** Media types of bodies that the handler gets as a Buffer, decompressed. Without it: JSON, parsed. */
    rawBody?: readonly string[];
    /** Errors are `{"message": …}`, and who has no business here is told 403, as CrowdSec's bouncers know it. */
    crowdsec?: boolean;
  }
  interface FastifyRequest {
    /** Whose key it is. Null where none was asked for. */
    principal: Principal | null;
  }
}

/** The route is for keys with this scope (or `admin`). Every route says this, `@AnyKey()` or `@Public()`. */
export function RequireScope(scope: Scope, options: { openOnLoopback?: boolean } = {}): MethodDecorator {
  return configure({ scope, ...options });
}

/** The route is for everybody who has a key, whatever it may do, or is signed in. */
export function AnyKey(): MethodDecorator {
  return configure({ scope: 'any' });
}

/** The route is open to everybody. */
export function Public(): MethodDecorator {
  return configure({ scope: 'public' });
}

/** The route takes bodies of these media types and gets them as a Buffer; others are answered 415. */
export function RawBody(...mediaTypes: readonly string[]): MethodDecorator {
  return configure({ rawBody: mediaTypes });
}

/** The route speaks CrowdSec's protocol, also where it refuses. */
export function CrowdsecErrors(): MethodDecorator {
  return configure({ crowdsec: true });
}

/** Adds to what other decorators said of the route. */
function configure(config: Partial<FastifyContextConfig>): MethodDecorator {
  return (target, property, descriptor: PropertyDescriptor) => {
    const { KEY } = RouteConfig({});
    const others = Reflect.getMetadata(KEY, descriptor.value) as object | undefined;
    RouteConfig({ ...others, ...config })(target, property, descriptor);
  };
}
