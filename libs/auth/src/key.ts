import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';

const FORMAT = /^weir_([0-9a-f]{16})_([A-Za-z0-9_-]{43})$/;

/** A new key: `text` is shown once and kept nowhere; `hash` is what is stored under `id`. */
export interface MintedKey {
  id: string;
  text: string;
  hash: Buffer;
}

/** `weir_<id>_<secret>`: 64 random bits to find it by, 256 random bits to know it by. With an `id`: a new secret for it. */
export function mintKey(id = randomBytes(8).toString('hex')): MintedKey {
  const secret = randomBytes(32).toString('base64url');
  return { id, text: `weir_${id}_${secret}`, hash: hashSecret(secret) };
}

/** Null where the text is not of a key's form. */
export function parseKey(text: string): { id: string; secret: string } | null {
  const found = FORMAT.exec(text);
  return found && { id: found[1], secret: found[2] };
}

/** SHA-256. A secret of 256 random bits needs no slow hash: there is nothing to guess from. */
export function hashSecret(secret: string): Buffer {
  return createHash('sha256').update(secret).digest();
}

/** Takes the same time whether or not, and wherever, the secret differs. */
export function isSecretOf(secret: string, hash: Buffer): boolean {
  const given = hashSecret(secret);
  return given.length === hash.length && timingSafeEqual(given, hash);
}
