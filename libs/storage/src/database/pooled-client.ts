import { Client, type ClientConfig } from 'pg';
import { preparedName } from './prepared.js';

/** A connection of the pool that can break, or hang, at any moment and harms nobody by it. */
export class PooledClient extends Client {
  constructor(config?: string | ClientConfig) {
    super(config);
    // One that breaks between the pool's hands and those of who asked for it has no listener for that, and would end
    // the process. Whoever uses it next is told by the query that fails.
    this.on('error', () => {});
    const query = this.query.bind(this) as (...given: unknown[]) => unknown;
    this.query = ((...given: unknown[]) => {
      const name = typeof given[0] === 'string' ? preparedName(given[0]) : undefined;
      const answer = name === undefined ? query(...given) : query({ name, text: given[0], values: given[1] });
      // After "query_timeout" pg goes on waiting on this connection, and whoever got it next would wait, too. Ended in
      // the midst of a query it is cut off, and the pool lets go of it.
      if (answer instanceof Promise) {
        answer.catch(({ message }: Error) => {
          if (message === 'Query read timeout') this.end().catch(() => {});
        });
      }
      return answer;
    }) as Client['query'];
  }
}
