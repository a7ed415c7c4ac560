import type { MessagePort, Transferable } from 'node:worker_threads';
import { type CrossingError, crossing, PortError } from './errors.js';

/** What one side offers to the other: arguments and results are copied, so they must be plain data. */
export type Methods<T> = { [K in keyof T]: (...args: never[]) => unknown };

/** A result whose buffers change hands instead of being copied. */
export class Transferred<T> {
  constructor(
    readonly value: T,
    readonly buffers: readonly Transferable[],
  ) {}
}

type Received<R> = R extends Transferred<infer T> ? T : R;
type Result<F> = F extends (...args: never[]) => infer R ? Received<Awaited<R>> : never;
type Arguments<F> = F extends (...args: infer A) => unknown ? A : never;

type Message =
  | { kind: 'call'; id: number; name: string; args: unknown[] }
  | { kind: 'tell'; name: string; args: unknown[] }
  | { kind: 'answer'; id: number; value: unknown }
  | { kind: 'refusal'; id: number; error: CrossingError };

export interface CallsOptions {
  /** Makes of an error that crossed one of a class of its own; undefined: a PortError will do. */
  revive?(error: CrossingError): Error | undefined;
  /** The other side is gone, or closed the port. */
  closed?(): void;
}

/**
 * Calls in both directions over one port. They begin in the order in which they were made, told ones among them, and end as
 * they please.
 */
export class Calls<Theirs extends Methods<Theirs>, Ours extends Methods<Ours>> {
  private readonly waiting = new Map<number, PromiseWithResolvers<unknown>>();
  private calls = 0;
  private isClosed = false;

  /** Nothing comes or goes any more. */
  get closed(): boolean {
    return this.isClosed;
  }

  constructor(
    private readonly port: MessagePort,
    private readonly ours: Ours,
    private readonly options: CallsOptions = {},
  ) {
    port.on('message', (message: Message) => this.take(message));
    port.on('close', () => this.end());
  }

  /** Rejects as the other side does, and with PORT_CLOSED where there is none. */
  async call<K extends keyof Theirs & string>(
    name: K,
    args: Arguments<Theirs[K]>,
    buffers: readonly Transferable[] = [],
  ): Promise<Result<Theirs[K]>> {
    if (this.isClosed) throw closedError();
    const answer = Promise.withResolvers<unknown>();
    const id = ++this.calls;
    this.post({ kind: 'call', id, name, args }, buffers);
    this.waiting.set(id, answer);
    return answer.promise as Promise<Result<Theirs[K]>>;
  }

  /** Nobody waits for it: it must not fail there. Where the port is closed nothing happens. */
  tell<K extends keyof Theirs & string>(name: K, args: Arguments<Theirs[K]>): void {
    if (!this.isClosed) this.post({ kind: 'tell', name, args });
  }

  /** Takes no more calls, waits for the answers to those under way, and closes the port. */
  async close(): Promise<void> {
    await Promise.allSettled([...this.waiting.values()].map(({ promise }) => promise));
    this.end();
    this.port.close();
  }

  private take(message: Message): void {
    switch (message.kind) {
      case 'call':
        void this.answer(message);
        return;
      case 'tell':
        this.run(message);
        return;
      case 'answer':
        this.waiting.get(message.id)?.resolve(message.value);
        break;
      case 'refusal':
        this.waiting.get(message.id)?.reject(this.revived(message.error));
    }
    this.waiting.delete(message.id);
  }

  private async answer(call: { id: number; name: string; args: unknown[] }): Promise<void> {
    const { id } = call;
    try {
      const result = await this.run(call);
      if (result instanceof Transferred) this.post({ kind: 'answer', id, value: result.value }, result.buffers);
      else this.post({ kind: 'answer', id, value: result });
    } catch (error) {
      this.post({ kind: 'refusal', id, error: crossing(error) });
    }
  }

  private run({ name, args }: { name: string; args: unknown[] }): unknown {
    const method: (...args: never[]) => unknown = this.ours[name as keyof Ours];
    return method.apply(this.ours, args as never[]);
  }

  /** Where the port is closed meanwhile, nobody is there who would care. */
  private post(message: Message, buffers: readonly Transferable[] = []): void {
    this.port.postMessage(message, [...buffers]);
  }

  private revived(error: CrossingError): Error {
    const { code = '', message, facts, stack } = error;
    const revived = this.options.revive?.(error) ?? new PortError(code, message, facts);
    if (stack !== undefined) revived.stack = stack;
    return revived;
  }

  private end(): void {
    if (this.isClosed) return;
    this.isClosed = true;
    for (const { reject } of this.waiting.values()) reject(closedError());
    this.waiting.clear();
    this.options.closed?.();
  }
}

const closedError = (): PortError => new PortError('PORT_CLOSED', 'The other thread is gone, or has closed the port.');
