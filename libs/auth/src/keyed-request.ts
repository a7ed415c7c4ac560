/** A request that its sender may send again: it has an Idempotency-Key. */
export interface KeyedRequest {
  /** Whose key it is: every actor has keys of their own. */
  actor: string;
  key: string;
  /** Of what is asked: a key is for one request only. */
  digest: string;
  at: Date;
}
