import { authentication, sshd } from './login.js';
import { type LogSource } from './logsource.js';
import { proxy, webserver } from './web.js';
import { weir } from './weir.js';

/** Every log source that Weir has events for. */
export const logSources: readonly LogSource[] = [...weir, webserver, proxy, authentication, sshd];
