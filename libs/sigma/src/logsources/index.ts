import { authentication, sshd } from './login.js';
import { type LogSource } from './logsource.js';
import { mail } from './mail.js';
import { proxy, webserver } from './web.js';
import { weir } from './weir.js';
import { windows } from './windows.js';

/** Every log source that Weir knows the events of; of all others it knows what the events say they are. */
export const logSources: readonly LogSource[] = [...weir, webserver, proxy, mail, authentication, sshd, ...windows];
