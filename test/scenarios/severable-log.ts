import { type Consumer, type Log, LogError } from '#libs/log';

export interface SeverableLog {
  log: Log;
  /** From now on nothing more comes from whoever uses it: as if the process had died, but that what it reads with leaves at once. */
  sever(): void;
}

/** The same log, until it is severed. For engines of which no copy can be made as of the moment of a crash. */
export function severable(log: Log): SeverableLog {
  let severed = false;
  const written = async <T>(write: () => Promise<T>): Promise<T> => {
    if (severed) throw new LogError('LOG_UNAVAILABLE', 'The process is cut off from the log.');
    return write();
  };
  const consume: Log['consume'] = async (group, topics, options = {}) => {
    const revoked: typeof options.revoked = async (partitions) => {
      // Who is dead is not asked.
      if (!severed) await options.revoked?.(partitions);
    };
    const consumer = await log.consume(group, topics, { ...options, revoked });
    const commit: Consumer['commit'] = (positions) => written(() => consumer.commit(positions));
    return bound(consumer, { commit });
  };
  const append: Log['append'] = (topic, records) => written(() => log.append(topic, records));
  return {
    log: bound(log, { append, consume }),
    sever: () => {
      severed = true;
    },
  };
}

/** The object with some of its methods replaced. */
function bound<T extends object>(object: T, replaced: Partial<T>): T {
  return new Proxy(object, {
    get(target, name) {
      const value = Reflect.get(name in replaced ? replaced : target, name);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
}
