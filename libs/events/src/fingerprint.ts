import { createHash } from 'node:crypto';

/**
 * SHA-1 (hex) of the letters of a text, lower-cased: the same for mails that differ only in spacing, digits and
 * punctuation. Undefined where there is no letter, so that empty mails are not each other's copies.
 */
export function letterFingerprint(text: string): string | undefined {
  const letters = text.replace(/[^\p{L}]+/gu, '').toLowerCase();
  return letters === '' ? undefined : createHash('sha1').update(letters).digest('hex');
}
