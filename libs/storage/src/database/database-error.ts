import { StorageError } from '../errors.js';

const UNREACHABLE = [
  'ECONNREFUSED',
  'ENOTFOUND',
  'ENOENT',
  'EAI_AGAIN',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENETUNREACH',
  '57P03',
  '53300',
];
const REFUSED = ['28000', '28P01', '3D000'];

/** Why the database could not be opened, with what to do about it. The password stays out. */
export function databaseError(error: unknown, url: string): StorageError {
  if (error instanceof StorageError) return error;
  const cause = error as Error & { code?: string };
  const server = withoutPassword(url);
  const facts = { server, reason: cause.code };
  const because = cause.message || cause.code || 'no reason given';
  if (UNREACHABLE.includes(cause.code ?? '') || /timeout/i.test(because)) {
    const advice = 'Check that it runs and takes connections there, and WEIR_DATABASE_URL.';
    return new StorageError('DATABASE_UNREACHABLE', `No PostgreSQL at ${server} (${because}). ${advice}`, facts, {
      cause,
    });
  }
  if (REFUSED.includes(cause.code ?? '') || /password|SASL|SSL/.test(because)) {
    const advice = 'Check user, password, database and sslmode in WEIR_DATABASE_URL.';
    return new StorageError('DATABASE_REFUSED', `${server} does not let us in: ${because}. ${advice}`, facts, {
      cause,
    });
  }
  if (cause.code === '42501') {
    const advice = 'Let its user own the database, or grant it CREATE on it.';
    return new StorageError('DATABASE_FORBIDDEN', `${server} forbids a migration: ${because}. ${advice}`, facts, {
      cause,
    });
  }
  return new StorageError('DATABASE_FAILED', `The database at ${server} could not be opened: ${because}.`, facts, {
    cause,
  });
}

function withoutPassword(url: string): string {
  try {
    const parsed = new URL(url);
    parsed.password = '';
    parsed.searchParams.delete('password');
    return decodeURIComponent(parsed.href);
  } catch {
    return 'WEIR_DATABASE_URL (not a URL)';
  }
}
