import type { ServerResponse } from 'node:http';

/**
 * The requests that are being answered, so that closing can wait for them. Once draining: streams of events end, other
 * answers go out whole and close their connection, and new requests are not let in.
 */
export class InFlight {
  private readonly responses = new Set<ServerResponse>();
  draining = false;

  add(response: ServerResponse): void {
    this.responses.add(response);
  }

  delete(response: ServerResponse): void {
    this.responses.delete(response);
  }

  drain(): void {
    this.draining = true;
    for (const response of this.responses) {
      if (!response.headersSent) response.setHeader('connection', 'close');
      else if (String(response.getHeader('content-type')).startsWith('text/event-stream')) response.end();
    }
  }
}
