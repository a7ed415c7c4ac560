export type SignInErrorCode =
  /** The provider did not answer, or not as OpenID Connect says. */
  | 'SIGN_IN_PROVIDER_FAILED'
  /** The provider, or the person there, said no. */
  | 'SIGN_IN_REFUSED'
  /** The answer belongs to no try that this browser began. */
  | 'SIGN_IN_STATE_WRONG'
  /** The id token is not one for us, for this try, or for now. */
  | 'SIGN_IN_TOKEN_INVALID'
  /** None of the person's groups has a role here. */
  | 'SIGN_IN_NO_ROLE';

/** Somebody is not signed in, and why: for them and for the log. Never holds a token. */
export class SignInError extends Error {
  override readonly name = 'SignInError';
  constructor(
    readonly code: SignInErrorCode,
    message: string,
    readonly facts: Readonly<Record<string, unknown>> = {},
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}
