import { createServer } from 'node:net';
import { client, TestProvider } from '../../apps/api/testing/identity-provider.js';
import { Cli } from '../../apps/weir/testing/cli.js';

/** A Weir that people sign in to, and the provider that knows them. */
export class SignInHouse {
  private constructor(
    readonly cli: Cli,
    readonly url: string,
    private readonly provider: TestProvider,
  ) {}

  static async open(): Promise<SignInHouse> {
    const cli = new Cli();
    const port = await freePort();
    const url = `http://127.0.0.1:${port}`;
    const provider = new TestProvider(`${url}/auth/callback`);
    await provider.start();
    await cli.start({
      WEIR_HTTP_PORT: String(port),
      WEIR_OIDC_ISSUER: provider.issuer,
      WEIR_OIDC_CLIENT_ID: client.id,
      WEIR_OIDC_CLIENT_SECRET: client.secret,
      WEIR_OIDC_ROLES: 'soc=viewer;ops=admin',
    });
    return new SignInHouse(cli, url, provider);
  }

  async close(): Promise<void> {
    await this.cli.close();
    await this.provider.stop();
  }
}

function freePort(): Promise<number> {
  return new Promise((done) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number };
      server.close(() => done(port));
    });
  });
}
