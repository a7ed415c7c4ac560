import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import dockerignore from '@balena/dockerignore';
import { DockerfileParser, type ModifiableInstruction } from 'dockerfile-ast';
import { packageRoot } from '../../apps/weir/src/package-root.js';

export const dockerfileText = readFileSync(join(packageRoot, 'deploy/Dockerfile'), 'utf8');

const rules = dockerignore.default().add(readFileSync(join(packageRoot, '.dockerignore'), 'utf8'));

/** Whether .dockerignore keeps a path, from the root of the repository, out of the build. */
export const isIgnored = (path: string): boolean => rules.ignores(path);

export interface Step {
  /** `COPY`, `RUN`, …; a `HEALTHCHECK` is the command of it. */
  keyword: string;
  /** In JSON form: its strings; else its words. */
  args: readonly string[];
  /** As written after the keyword and its flags, lines joined. */
  text: string;
  flags: Readonly<Record<string, string>>;
}

/** From one FROM to the next. */
export interface Stage {
  name: string | null;
  image: string;
  steps: readonly Step[];
}

/** The Dockerfile as its stages, in order; variables of its ARGs are replaced in images. */
export function readStages(): Stage[] {
  const dockerfile = DockerfileParser.parse(dockerfileText);
  const presets = new Map(
    dockerfile.getInitialARGs().map((arg) => [arg.getProperty()?.getName(), arg.getProperty()?.getValue()]),
  );
  return dockerfile.getFROMs().map((from, i, all) => {
    const end = all[i + 1]?.getRange().start.line ?? Number.POSITIVE_INFINITY;
    const own = dockerfile
      .getInstructions()
      .filter((step) => step.getRange().start.line > from.getRange().start.line && step.getRange().start.line < end);
    const image = from.getImage()!.replace(/\$\{(\w+)\}/g, (_, name: string) => presets.get(name) ?? '');
    return { name: from.getBuildStage(), image, steps: own.map((step) => stepOf(step as ModifiableInstruction)) };
  });
}

function stepOf(step: ModifiableInstruction): Step {
  const flags = 'getFlags' in step ? step.getFlags() : [];
  const words = step.getArguments().map((one) => one.getValue());
  const text = (step.getArgumentsContent() ?? '').replaceAll(/\\\n\s*/g, '');
  const [, json] = /^(?:CMD\s+)?(\[.*\])$/s.exec(words.join(' ')) ?? [];
  return {
    keyword: step.getKeyword(),
    args: json ? (JSON.parse(json) as string[]) : words,
    text,
    flags: Object.fromEntries(flags.map((flag) => [flag.getName(), flag.getValue() ?? ''])),
  };
}
