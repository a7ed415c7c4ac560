import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { Command, Option } from 'commander';
import { CommandError } from '../errors.js';
import type { Shell } from '../shell.js';
import { count, table } from '../terminal/table.js';
import { show } from '../terminal/terminal.js';

const DRAW_MS = 200;
const PLAIN_LINE_MS = 10_000;

/** What became of what people decided. */
const decidedSaid = {
  copied: 'Rules, keys, triage and all that people decided were copied to WEIR_DATABASE_URL.',
  'there already': 'WEIR_DATABASE_URL has decisions of people already: those of the data folder were not copied.',
  stays: 'What people decided stays in the data folder, since WEIR_DATABASE_URL is not set.',
};

const EXAMPLES = `
Stop Weir first. The data folder is WEIR_DATA_DIR, the cluster WEIR_KAFKA_BROKERS. What people decided goes to
WEIR_DATABASE_URL, where that is set and empty. Run again, it goes on where it stopped.

Examples:
  WEIR_KAFKA_BROKERS=kafka-1:9092,kafka-2:9092 WEIR_DATABASE_URL=postgresql://weir@db/weir weir log copy --from embedded --to kafka`;

export const logCommand = (shell: Shell) =>
  new Command('log').description('move the log from one machine to a cluster').addCommand(copyCommand(shell));

const copyCommand = (shell: Shell) =>
  new Command('copy')
    .description('copy the log of the data folder to Kafka: records at their offsets, positions, state of detection')
    .addOption(new Option('--from <engine>', 'where it is').choices(['embedded']).makeOptionMandatory())
    .addOption(new Option('--to <engine>', 'where it goes').choices(['kafka']).makeOptionMandatory())
    .addHelpText('after', EXAMPLES)
    .action(() => copy(shell));

async function copy({ config, terminal }: Shell): Promise<void> {
  if (!config.kafkaBrokers) throw new CommandError('USAGE', 'Set WEIR_KAFKA_BROKERS to the cluster to copy to.');
  if (!existsSync(join(config.dataDir, 'log'))) {
    const said = `There is no log in ${config.dataDir}: set WEIR_DATA_DIR to the data folder to copy from.`;
    throw new CommandError('FOLDER_UNUSABLE', said, { dataDir: config.dataDir });
  }
  const { moveLog } = await import('../server/move-log.js');
  let done = { records: 0, of: 0 };
  const draw = () => {
    const percent = done.of === 0 ? 0 : Math.floor((100 * done.records) / done.of);
    const text = `${percent} %  ${count(done.records)} of ${count(done.of)} records`;
    if (terminal.watched) terminal.redraw(text);
    else terminal.note(text);
  };
  const timer = setInterval(draw, terminal.watched ? DRAW_MS : PLAIN_LINE_MS);
  const moved = await moveLog(config, (progress) => {
    done = progress;
  }).finally(() => {
    clearInterval(timer);
    terminal.redraw(null);
  });
  show(terminal, moved, () =>
    [
      table(
        [
          { title: 'topic', value: ({ topic }) => topic },
          { title: 'partitions', value: ({ partitions }) => partitions },
          { title: 'records', value: ({ records }) => records },
          { title: 'damaged', value: ({ damaged }) => damaged },
        ],
        moved.topics,
      ),
      ...moved.topics.flatMap(({ topic, differences }) => differences.map((said) => `${topic} was there: ${said}`)),
      `Positions of ${moved.groups.length} groups and ${moved.snapshots} snapshots were copied.`,
      decidedSaid[moved.decided],
      'Start Weir with the same WEIR_KAFKA_BROKERS: it goes on where the data folder stopped.',
    ].join('\n'),
  );
}
