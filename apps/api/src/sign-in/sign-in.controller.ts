import { Controller, Get, HttpCode, Inject, Post, Query, Req, Res } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import Type, { type Static } from 'typebox';
import {
  beginAttempt,
  hashSecret,
  type IdentityProvider,
  mintSession,
  type Person,
  resumeAttempt,
  type SignInError,
} from '#libs/auth';
import type { Clock } from '#libs/clock';
import { CLOCK, cookieOf, Problem, Public, refuseOtherSites, setCookie } from '../../../platform/src/index.js';
import { Documented } from '../http/documented.js';
import { SIGN_IN, type SignIn } from './sign-in.js';

const Ways = Type.Object({
  signIn: Type.Union([Type.String({ description: 'Where a browser goes to sign in' }), Type.Null()]),
});

/** How long a person may take at the provider. */
const ATTEMPT_SECONDS = 600;

type Raw = Readonly<Record<string, unknown>>;

@ApiTags('Sign-in')
@Controller('auth')
export class SignInController {
  constructor(
    @Inject(SIGN_IN) private readonly signIn: SignIn,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  @Get()
  @Public()
  @Documented({ summary: 'Whether people can sign in here, and where', answers: Ways, open: true })
  ways(): Static<typeof Ways> {
    return { signIn: this.signIn.provider ? '/auth/login' : null };
  }

  @Get('login')
  @Public()
  @Documented({
    summary: 'Go to the identity provider, to sign in',
    status: 302,
    open: true,
    problems: { 404: 'Nobody can sign in here', 502: 'The provider does not answer' },
  })
  async login(@Res() reply: FastifyReply): Promise<void> {
    const attempt = beginAttempt();
    const url = await this.provider().authorizationUrl(attempt);
    const { cookies } = this.signIn;
    setCookie(reply, cookies, cookies.attempt, attempt.secret, ATTEMPT_SECONDS);
    reply.header('cache-control', 'no-store').redirect(url, 302);
  }

  @Get('callback')
  @Public()
  @Documented({
    summary: 'Come back from the identity provider, signed in',
    description:
      'Sets the cookie of the session and goes to the page. Takes what OpenID Connect sends: `code`, `state`.',
    status: 302,
    open: true,
    problems: {
      403: 'The provider’s answer is not for this browser, or not to be trusted, or gives no role',
      404: 'Nobody can sign in here',
      429: 'Too many tries failed; `Retry-After` says when to go on',
      502: 'The provider does not answer',
    },
  })
  async callback(@Query() raw: Raw, @Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const { sessions, sessionMs, cookies, wrongKeys } = this.signIn;
    const provider = this.provider();
    wrongKeys.checkClient(request);
    const person = await this.personOf(provider, raw, request).catch((error: unknown) => {
      if ((error as Partial<SignInError>).code?.startsWith('SIGN_IN_')) wrongKeys.wrong(request);
      throw error;
    });
    const { token, hash } = mintSession();
    await this.endSession(request);
    await sessions.begin(hash, person, this.clock.now() + sessionMs);
    setCookie(reply, cookies, cookies.attempt, '', 0);
    setCookie(reply, cookies, cookies.session, token, Math.floor(sessionMs / 1_000));
    reply.header('cache-control', 'no-store').redirect('../', 302);
  }

  @Post('logout')
  @HttpCode(204)
  @Public()
  @Documented({
    summary: 'Sign out: the session ends at once',
    problems: { 403: 'Another page asked for it' },
  })
  async logout(@Req() request: FastifyRequest, @Res({ passthrough: true }) reply: FastifyReply): Promise<void> {
    const { cookies } = this.signIn;
    refuseOtherSites(request);
    await this.endSession(request);
    setCookie(reply, cookies, cookies.session, '', 0);
  }

  private provider(): IdentityProvider {
    if (this.signIn.provider) return this.signIn.provider;
    throw new Problem(404, 'SIGN_IN_OFF', 'Nobody signs in here: use a key, or set WEIR_OIDC_ISSUER.');
  }

  private personOf(provider: IdentityProvider, { code, state, error }: Raw, request: FastifyRequest): Promise<Person> {
    const secret = cookieOf(request, this.signIn.cookies.attempt);
    const attempt = secret ? resumeAttempt(secret) : null;
    if (attempt === null || state !== attempt.state) {
      const said = 'This sign-in was not begun in this browser, or too long ago: begin again at /auth/login.';
      return Promise.reject(new Problem(403, 'SIGN_IN_STATE_WRONG', said));
    }
    if (typeof code === 'string' && error === undefined) return provider.personOf(code, attempt);
    const said = 'The identity provider did not let you in: begin again at /auth/login, or ask who runs it.';
    return Promise.reject(new Problem(403, 'SIGN_IN_REFUSED', said, typeof error === 'string' ? { error } : {}));
  }

  private async endSession(request: FastifyRequest): Promise<void> {
    const token = cookieOf(request, this.signIn.cookies.session);
    if (token) await this.signIn.sessions.end(hashSecret(token));
  }
}
