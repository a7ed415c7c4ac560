/** An error of the other thread, or of the way there. Of one of the other thread code and facts are its own. */
export class PortError extends Error {
  override readonly name = 'PortError';
  constructor(
    /** `PORT_CLOSED`: the other thread is gone, or one of both sides has closed the port. */
    readonly code: string,
    message: string,
    readonly facts: Readonly<Record<string, unknown>> = {},
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/** An error as it crosses: code and facts, which a copy of the error itself would leave behind. */
export interface CrossingError {
  name: string;
  message: string;
  stack: string | undefined;
  code: string | undefined;
  facts: Readonly<Record<string, unknown>>;
}

export function crossing(error: unknown): CrossingError {
  const { name, message, stack, code, facts } = (error ?? {}) as Partial<CrossingError>;
  return { name: name ?? 'Error', message: message ?? String(error), stack, code, facts: facts ?? {} };
}
