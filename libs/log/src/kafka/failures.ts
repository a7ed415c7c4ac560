import { protocolErrorsCodesById } from '@platformatic/kafka';
import { LogError } from '../errors.js';

/** An answer of a broker that says no. */
export class BrokerError extends Error {
  override readonly name = 'BrokerError';
  constructor(
    readonly code: number,
    text?: string | null,
  ) {
    super(text ? `${nameOf(code)}: ${text}` : nameOf(code));
  }
}

/** Codes of the protocol that something is done about. */
export const codes = {
  offsetOutOfRange: 1,
  unknownTopic: 3,
  messageTooLarge: 10,
  metadataTooLarge: 12,
  coordinatorLoading: 14,
  coordinatorNotAvailable: 15,
  notCoordinator: 16,
  recordListTooLarge: 18,
  unknownMember: 25,
  invalidTimestamp: 32,
  unsupportedVersion: 35,
  topicExists: 36,
  outOfOrderSequence: 45,
  duplicateSequence: 46,
  invalidProducerEpoch: 47,
  unknownProducer: 59,
  groupNotEmpty: 68,
  groupIdNotFound: 69,
  fencedInstance: 82,
  invalidRecord: 87,
  fencedMember: 110,
  unreleasedInstance: 111,
  staleMember: 113,
} as const;

/** Refusals that another try does not change: of rights, of what was asked. */
const final = new Set([17, 21, 22, 23, 24, 26, 28, 29, 30, 31, 33, 34, 35, 37, 38, 39, 40, 42, 43, 44, 53, 58, 65, 66]);

const nameOf = (code: number): string =>
  (protocolErrorsCodesById as Readonly<Record<number, string>>)[code] ?? `error ${code}`;

/** Throws where the answer says no. */
export function checkCode(code: number, text?: string | null): void {
  if (code !== 0) throw new BrokerError(code, text);
}

/** Whether the same question may get another answer a little later. */
export function isPassing(error: unknown): boolean {
  if (error instanceof LogError) return false;
  if (error instanceof BrokerError) return !final.has(error.code);
  return !isRefusedSignIn(error);
}

/** Wrong credentials, a broker that wants TLS, or a certificate that can't be trusted. */
function isRefusedSignIn(error: unknown): boolean {
  const refused = /^PLT_KFK_(AUTHENTICATION|USER)$|^ERR_(TLS|SSL)_|CERT/;
  return chainOf(error).some(({ code }) => typeof code === 'string' && refused.test(code));
}

/** The error, and what caused it. */
function chainOf(error: unknown): (Error & { code?: unknown })[] {
  const chain: (Error & { code?: unknown })[] = [];
  for (let each = error as Error & { errors?: Error[] }; each?.message && chain.length < 8; ) {
    chain.push(each);
    each = (each.errors?.[0] ?? each.cause) as Error;
  }
  return chain;
}

/** What went wrong, in the innermost words that say something. */
export const reasonOf = (error: unknown): string => chainOf(error).at(-1)?.message ?? String(error);

/** What the caller is told when all tries failed, or none is worthwhile. */
export function unavailable(what: string, error: unknown, facts: Record<string, unknown> = {}): LogError {
  if (error instanceof LogError) return error;
  const advice = isPassing(error) ? 'Try again later' : 'Check WEIR_KAFKA_* and what this user may do there';
  const message = `Kafka did not ${what} (${reasonOf(error)}). ${advice}.`;
  return new LogError('LOG_UNAVAILABLE', message, { ...facts, reason: reasonOf(error) }, { cause: error });
}
