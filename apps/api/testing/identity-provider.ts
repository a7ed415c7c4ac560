import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, generateKeyPair } from 'jose';
import Provider from 'oidc-provider';

export const client = { id: 'weir', secret: 'a-secret-of-the-client' };

/** A real OpenID Connect provider on this machine: people are who they say, and are in the groups that their names say. */
export class TestProvider {
  private server: Server | null = null;
  private port = 0;

  constructor(private readonly redirectUri: string) {}

  get issuer(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** Starts it, or starts it again with other keys: nothing that it signed before has a key any more. */
  async start(): Promise<void> {
    await this.stop();
    this.server = createServer();
    await new Promise<void>((done) => this.server!.listen(this.port, '127.0.0.1', done));
    this.port = (this.server.address() as AddressInfo).port;
    const provider = new Provider(this.issuer, await this.configuration());
    this.server.on('request', provider.callback());
  }

  async stop(): Promise<void> {
    const { server } = this;
    this.server = null;
    if (!server) return;
    server.closeAllConnections();
    await new Promise((done) => server.close(done));
  }

  private async configuration(): Promise<object> {
    const { privateKey } = await generateKeyPair('RS256', { extractable: true });
    const key = { ...(await exportJWK(privateKey)), kid: `key-${Date.now()}`, use: 'sig', alg: 'RS256' };
    return {
      clients: [{ client_id: client.id, client_secret: client.secret, redirect_uris: [this.redirectUri] }],
      jwks: { keys: [key] },
      cookies: { keys: ['for these tests only'] },
      claims: { openid: ['sub'], profile: ['preferred_username', 'groups'] },
      pkce: { required: () => true },
      // `alice+soc+ops` is alice, of the groups soc and ops.
      findAccount: (_: unknown, id: string) => ({
        accountId: id,
        claims: () => {
          const [name, ...groups] = id.split('+');
          return { sub: id, preferred_username: name, groups };
        },
      }),
    };
  }
}

/** A browser as far as sign-in needs one: keeps the cookies of each origin and follows links. */
export class TestBrowser {
  private readonly jars = new Map<string, Map<string, string>>();

  /** The value of a cookie; undefined: there is none. */
  cookie(url: string, name: string): string | undefined {
    return this.jars.get(new URL(url).origin)?.get(name);
  }

  setCookie(url: string, name: string, value: string): void {
    this.jar(url).set(name, value);
  }

  /** One request, without following what it answers. */
  async ask(url: string, init: RequestInit = {}): Promise<Response> {
    const jar = this.jar(url);
    const headers = new Headers(init.headers);
    if (jar.size > 0) headers.set('cookie', [...jar].map(([name, value]) => `${name}=${value}`).join('; '));
    const response = await fetch(url, { ...init, headers, redirect: 'manual' });
    for (const line of response.headers.getSetCookie()) {
      const [, name, value] = /^([^=]+)=([^;]*)/.exec(line)!;
      if (value === '' || /max-age=0|expires=thu, 01 jan 1970/i.test(line)) jar.delete(name);
      else jar.set(name, value);
    }
    return response;
  }

  /** Goes where `url` leads, up to an answer that is no redirect, or to an address that begins with `until`. */
  async follow(url: string, until?: string): Promise<{ url: string; response: Response }> {
    for (let at = url; ; ) {
      const response = await this.ask(at);
      const location = response.headers.get('location');
      if (location === null) return { url: at, response };
      at = new URL(location, at).href;
      if (until !== undefined && at.startsWith(until)) return { url: at, response };
    }
  }

  /** Signs in at the provider, and stops before going back: gives the address that leads back. */
  async signIn(loginUrl: string, login: string, callback: string): Promise<string> {
    let page = await this.follow(loginUrl, callback);
    for (const prompt of ['login', 'consent']) {
      if (page.url.startsWith(callback)) break;
      const body = new URLSearchParams({ prompt, login, password: 'any' });
      const { headers } = await this.ask(page.url, { method: 'POST', body });
      page = await this.follow(new URL(headers.get('location')!, page.url).href, callback);
    }
    return page.url;
  }

  private jar(url: string): Map<string, string> {
    const { origin } = new URL(url);
    const jar = this.jars.get(origin) ?? new Map<string, string>();
    this.jars.set(origin, jar);
    return jar;
  }
}
