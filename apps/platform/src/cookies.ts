import type { FastifyReply, FastifyRequest } from 'fastify';

/** The cookies that Weir sets. */
export interface Cookies {
  /** Over https only. */
  secure: boolean;
  session: string;
  /** A try to sign in that is under way. */
  attempt: string;
}

/** Over https, browsers keep the prefix `__Host-` for cookies that no other host could have set. */
export function cookiesOf(publicUrl: string | null): Cookies {
  const secure = publicUrl?.startsWith('https:') === true;
  const prefix = secure ? '__Host-' : '';
  return { secure, session: `${prefix}weir_session`, attempt: `${prefix}weir_sign_in` };
}

/** Where a name comes twice, what came first. */
export function cookieOf({ headers }: FastifyRequest, name: string): string | undefined {
  const pairs = headers.cookie?.split(';').map((pair) => pair.trim()) ?? [];
  return pairs.find((pair) => pair.startsWith(`${name}=`))?.slice(name.length + 1);
}

/** No script reads it, and other sites' requests don't carry it, but for links that are followed here. */
export function setCookie(
  reply: FastifyReply,
  { secure }: Cookies,
  name: string,
  value: string,
  ageSeconds: number,
): void {
  const flags = `Path=/; HttpOnly; SameSite=Lax${secure ? '; Secure' : ''}`;
  reply.header('set-cookie', `${name}=${value}; ${flags}; Max-Age=${ageSeconds}`);
}
