import type { DataSource } from 'typeorm';
import { IdentityProvider } from '#libs/auth';
import type { Clock } from '#libs/clock';
import type { Config } from '#libs/config';
import { PostgresSessions } from '#libs/storage';
import type { SignIn } from '../../../api/src/index.js';
import { cookiesOf, WrongKeys } from '../../../platform/src/index.js';
import { addressOf } from '../client/client.js';

/** How people get in: with the identity provider, where the environment names one. */
export function openSignIn(config: Config, database: DataSource, clock: Clock): SignIn {
  return {
    provider: providerOf(config, clock),
    sessions: new PostgresSessions(database, clock),
    sessionMs: config.oidcSessionMs,
    cookies: cookiesOf(config.publicUrl),
    wrongKeys: new WrongKeys(config.wrongKeysPerMinute, clock),
  };
}

function providerOf(config: Config, clock: Clock): IdentityProvider | null {
  const { oidcIssuer: issuer, oidcClientId: clientId, oidcRoles: roles, publicUrl, httpHost, httpPort } = config;
  if (issuer === null || clientId === null || roles === null) return null;
  const options = {
    issuer,
    clientId,
    clientSecret: config.oidcClientSecret,
    redirectUri: `${publicUrl ?? addressOf({ url: null, httpHost, httpPort })}/auth/callback`,
    scope: config.oidcScope,
    groupsClaim: config.oidcGroupsClaim,
    roles,
  };
  return new IdentityProvider(options, clock);
}
