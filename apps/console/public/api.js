/** What Weir (or the way to it) said instead of an answer. `status` is 0 where there was no answer at all. */
export class Refusal extends Error {
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}

/** Heartbeats come every 15 s: a stream that is silent for longer than two of them is dead. */
const SILENCE_MS_MAX = 35_000;

/** Weir's HTTP API, as far as the page needs it. Everything rejects with a Refusal, or as an aborted fetch does. */
export class Api {
  /** `key` null: the browser is signed in, and its cookie says so. */
  constructor(key) {
    this.headers = key === null ? {} : { authorization: `Bearer ${key}` };
  }

  /** How people get in without a key: {signIn}, null where they don't. */
  static async ways() {
    return new Api(null).json('auth');
  }

  /** Who asks. */
  me() {
    return this.json('api/v1/me');
  }

  signOut() {
    return fetch('auth/logout', { method: 'POST' });
  }

  /** One page of alerts, newest first: {items, next}. */
  alerts({ q, state, severity }, limit, cursor) {
    const given = Object.entries({ q, state, severity, limit, cursor }).filter(([, value]) => value);
    return this.json(`api/v1/alerts?${new URLSearchParams(given)}`);
  }

  /** One alert with its evidence. */
  alert(id) {
    return this.json(`api/v1/alerts/${encodeURIComponent(id)}`);
  }

  rules() {
    return this.json('api/v1/rules');
  }

  rule(id) {
    return this.json(`api/v1/rules/${encodeURIComponent(id)}`);
  }

  /** Changed alerts as they come. The first thing it yields is null: from then on no change is missed. */
  async *changes(signal) {
    const silence = new AbortController();
    let timer;
    const heard = () => {
      clearTimeout(timer);
      timer = setTimeout(() => silence.abort(), SILENCE_MS_MAX);
    };
    heard();
    try {
      const response = await this.ask('api/v1/alerts/stream', AbortSignal.any([signal, silence.signal]));
      const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
      let rest = '';
      for (let first = true; ; first = false) {
        const { done, value } = await reader.read();
        if (done) return;
        heard();
        // What comes first says where the stream stands: only then has the server taken its position.
        if (first) yield null;
        const blocks = (rest + value).split('\n\n');
        rest = blocks.pop();
        for (const block of blocks) if (block.startsWith('event: alert\n')) yield JSON.parse(dataOf(block));
      }
    } finally {
      clearTimeout(timer);
    }
  }

  async json(path) {
    return (await this.ask(path)).json();
  }

  async ask(path, signal) {
    let response;
    try {
      response = await fetch(path, { headers: this.headers, signal, cache: 'no-store' });
    } catch (error) {
      if (signal?.aborted) throw error;
      throw new Refusal(0, 'Weir does not answer');
    }
    if (response.ok) return response;
    const problem = await response.json().catch(() => ({}));
    throw new Refusal(response.status, problem.detail ?? `Weir answered ${response.status}`);
  }
}

const dataOf = (block) => block.slice(block.indexOf('\ndata: ') + '\ndata: '.length);
