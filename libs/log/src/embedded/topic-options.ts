import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { LogError } from '../errors.js';
import type { TopicOptions } from '../log.js';
import { Chunk } from './chunk.js';
import { isMissing, type OpenFile, replaceFile } from './files.js';
import { readSegmentHeader } from './segment.js';

const partitionsMax = 1024;
const fileName = 'topic.json';
/** More than the header of any segment. */
const headerBytesMax = 16 * 1024;

/** Letters, digits, dot, dash and underscore, as in Kafka; not beginning with a dot. */
export function checkTopicName(topic: string): void {
  if (/^[A-Za-z0-9_-][A-Za-z0-9._-]{0,248}$/.test(topic)) return;
  const message = 'A topic is named by 1 to 249 letters, digits, dots, dashes or underscores, and not by a dot first.';
  throw new LogError('LOG_TOPIC_INVALID', message, { topic });
}

/** The options in full and in fixed order, so that equal ones are equal as text. */
export function checkTopicOptions(topic: string, options: TopicOptions): TopicOptions {
  const { partitions, retentionMs, retentionBytes, compression = 'none' } = options;
  const invalid = (message: string) => new LogError('LOG_TOPIC_INVALID', message, { topic, options });
  if (!Number.isInteger(partitions) || partitions < 1 || partitions > partitionsMax) {
    throw invalid(`Topic ${topic} needs 1 to ${partitionsMax} partitions, not ${partitions}.`);
  }
  for (const [name, value] of Object.entries({ retentionMs, retentionBytes })) {
    if (value !== undefined && !(value > 0)) throw invalid(`${name} of topic ${topic} must be more than 0.`);
  }
  if (compression !== 'none' && compression !== 'zstd') {
    throw invalid(`Topic ${topic} can be compressed with zstd or none, not ${compression}.`);
  }
  return {
    partitions,
    ...(retentionMs !== undefined && { retentionMs }),
    ...(retentionBytes !== undefined && { retentionBytes }),
    compression,
  };
}

/** How the options wanted differ from those that a topic has, in words. */
export function differences(has: TopicOptions, wanted: TopicOptions): string[] {
  const names = ['partitions', 'retentionMs', 'retentionBytes', 'compression'] as const;
  const unlike = names.filter((name) => has[name] !== wanted[name]);
  return unlike.map((name) => `${name} is ${has[name] ?? 'not set'}, asked for was ${wanted[name] ?? 'not set'}`);
}

export async function writeTopicOptions(openFile: OpenFile, folder: string, options: TopicOptions): Promise<void> {
  const text = JSON.stringify({ options, crc32: crc32(JSON.stringify(options)) });
  await replaceFile(openFile, join(folder, fileName), Buffer.from(`${text}\n`));
}

/** The options of the topic in a folder, from its file; where that is damaged, from the header of a segment. */
export async function readTopicOptions(openFile: OpenFile, folder: string, topic: string): Promise<TopicOptions> {
  const path = join(folder, fileName);
  const text = await readFile(path, 'utf8').catch((error) => {
    if (isMissing(error)) return '';
    throw error;
  });
  const options = parseOptions(text) ?? (await optionsOfSegments(openFile, folder));
  if (options) return options;
  const message = `${path} is damaged, and no segment of ${topic} can stand in. Restore the file from a copy.`;
  throw new LogError('LOG_CORRUPT', message, { topic, file: path, position: 0 });
}

function parseOptions(text: string): TopicOptions | undefined {
  try {
    const { options, crc32: crc } = JSON.parse(text);
    return crc === crc32(JSON.stringify(options)) ? options : undefined;
  } catch {
    return undefined;
  }
}

async function optionsOfSegments(openFile: OpenFile, folder: string): Promise<TopicOptions | undefined> {
  for (const name of await readdir(folder)) {
    if (!name.endsWith('.segment')) continue;
    const file = await openFile(join(folder, name), 'read');
    try {
      const chunk = Chunk.allocate(headerBytesMax);
      const bytes = await file.read(chunk.bytes, 0);
      const header = readSegmentHeader(Chunk.of(chunk.bytes.subarray(0, bytes)));
      if (header) return JSON.parse(header.options);
    } finally {
      await file.close();
    }
  }
  return undefined;
}
