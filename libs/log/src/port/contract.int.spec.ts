import { rm } from 'node:fs/promises';
import { MessageChannel } from 'node:worker_threads';
import { ManualClock } from '#libs/clock';
import { describeLog } from '../../contract/index.js';
import { freshFolder } from '../../testing/folders.js';
import { openEmbeddedLog } from '../embedded/embedded-log.js';
import { openPortLog } from './port-log.js';
import { serveLog } from './serve-log.js';

describeLog('over a port', async () => {
  const directory = await freshFolder();
  const clock = new ManualClock(1_700_000_000_000);
  const open = async () => {
    const engine = await openEmbeddedLog({ directory, clock, recordBytesMax: 256 * 1024 });
    const { port1, port2 } = new MessageChannel();
    serveLog(engine, port1);
    return { engine, log: openPortLog(port2) };
  };
  let { engine, log } = await open();
  const close = async () => {
    await log.close();
    await engine.close();
  };
  return {
    get log() {
      return log;
    },
    recordBytesMax: 256 * 1024,
    reopen: async () => {
      await close();
      ({ engine, log } = await open());
      return log;
    },
    // Whatever is over the limit goes with the next group.
    expire: async (topic) => {
      await log.append(topic, [{ time: 0, value: Buffer.from('one more') }]);
    },
    dispose: async () => {
      await close();
      await rm(directory, { recursive: true });
    },
  };
});
