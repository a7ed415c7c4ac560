import { type ServerResponse, STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import { Problem } from './problem.js';

const MEANINGS: Record<string, [status: number, code: string, detail: string]> = {
  HPE_HEADER_OVERFLOW: [431, 'HEADERS_TOO_LARGE', 'The headers are larger than is taken here; send fewer.'],
  ERR_HTTP_REQUEST_TIMEOUT: [408, 'REQUEST_TIMEOUT', 'The request took too long to arrive; send it again.'],
};

/** Answers what never became a request: bytes that are no HTTP, or that took too long. */
export function answerClientError(error: Error & { code?: string }, socket: Socket): void {
  // Where an answer is partly out on this connection, nothing can follow it; Node's own handler asks the same.
  const { _httpMessage: answer } = socket as Socket & { _httpMessage?: ServerResponse };
  if (error.code === 'ECONNRESET' || !socket.writable || answer?.headersSent) {
    socket.destroy();
    return;
  }
  const malformed = [400, 'REQUEST_MALFORMED', 'This is no HTTP/1.1 request.'] as const;
  const [status, code, detail] = MEANINGS[error.code ?? ''] ?? malformed;
  const body = JSON.stringify(new Problem(status, code, detail).body());
  const head = `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nContent-Type: application/problem+json`;
  socket.end(`${head}\r\nContent-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`);
}
