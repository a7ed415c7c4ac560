/** What one request may hold at most; the body's bytes are limited for all apps alike. */

/** Events of a JSON batch, lines or messages of a stream. */
export const batchItemsMax = 100_000;

/** Bytes of one event as it is stored; below what a record of any log may hold. */
export const eventBytesMax = 512 * 1024;

/** Bytes of a rejected item that its dead letter keeps; in base64 they take a third more. */
export const deadLetterBytesMax = 512 * 1024;
