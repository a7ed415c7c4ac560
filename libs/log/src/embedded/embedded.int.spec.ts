import { rm } from 'node:fs/promises';
import { ManualClock } from '#libs/clock';
import { describeLog } from '../../contract/index.js';
import { freshFolder } from '../../testing/folders.js';
import { openEmbeddedLog } from './embedded-log.js';

describeLog('embedded', async () => {
  const directory = await freshFolder();
  const clock = new ManualClock(1_700_000_000_000);
  const open = () => openEmbeddedLog({ directory, clock, recordBytesMax: 256 * 1024 });
  let log = await open();
  return {
    get log() {
      return log;
    },
    recordBytesMax: 256 * 1024,
    reopen: async () => {
      await log.close();
      log = await open();
      return log;
    },
    // Whatever is over the limit goes with the next group.
    expire: async (topic) => {
      await log.append(topic, [{ time: 0, value: Buffer.from('one more') }]);
    },
    dispose: async () => {
      await log.close();
      await rm(directory, { recursive: true });
    },
  };
});
