import { type Config, loadConfig } from '#libs/config';
import { WeirClient } from './client/client.js';
import { openTerminal, type Terminal } from './terminal/terminal.js';

/** What a command works with. Nothing is opened, parsed or asked for before a command needs it. */
export class Shell {
  /** Set from `--json` before a command runs. */
  json = false;
  private openedTerminal?: Terminal;
  private loadedConfig?: Config;
  private stopping?: AbortController;

  get terminal(): Terminal {
    return (this.openedTerminal ??= openTerminal(this.json));
  }

  /** Throws a ConfigError that names every problem of the environment. */
  get config(): Config {
    return (this.loadedConfig ??= loadConfig());
  }

  /** The running Weir that the environment points to. */
  client(): WeirClient {
    return WeirClient.of(this.config);
  }

  /** Aborts at the first SIGINT or SIGTERM; later ones change nothing, whoever asks is closing down already. */
  stopSignal(): AbortSignal {
    if (!this.stopping) {
      const stopping = new AbortController();
      this.stopping = stopping;
      for (const name of ['SIGINT', 'SIGTERM'] as const) process.on(name, () => stopping.abort(name));
    }
    return this.stopping.signal;
  }
}
