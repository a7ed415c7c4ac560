import { ConfigError, type ConfigProblem } from './errors.js';
import { type Config, notYet, variables } from './variables.js';

/**
 * The configuration that an environment describes. An empty value counts as not set. Variables that do not start with
 * WEIR_ are none of ours. Throws a ConfigError that names every problem.
 */
export function loadConfig(env: NodeJS.ProcessEnv = process.env): Config {
  const problems: ConfigProblem[] = unknownNames(env);
  const config: Record<string, unknown> = {};
  for (const [key, variable] of Object.entries(variables)) {
    const given = env[variable.name]?.trim() || variable.default;
    if (given === null) {
      config[key] = null;
      continue;
    }
    const parsed = variable.kind.parse(given);
    if (parsed.kind === 'ok') config[key] = parsed.value;
    else problems.push(invalid(variable.name, variable.kind.label, given, parsed.expected));
  }
  if (problems.length === 0) problems.push(...conflicts(config as Config, env));
  if (problems.length > 0) throw new ConfigError(problems);
  return config as Config;
}

/** Variables that say something only beside others. */
function conflicts(config: Config, env: NodeJS.ProcessEnv): ConfigProblem[] {
  return [...kafkaConflicts(config, env), ...oidcConflicts(config, env)];
}

const alone = (variable: string, other: string): ConfigProblem => {
  return {
    variable,
    code: 'CONFIG_INVALID',
    message: `${variable}: It says nothing without ${other}. Set both, or none.`,
  };
};

/** A variable of this beginning that is set. */
function firstSet(beginning: string, env: NodeJS.ProcessEnv): string | undefined {
  return Object.values(variables).find(({ name }) => name.startsWith(beginning) && env[name]?.trim())?.name;
}

function kafkaConflicts(config: Config, env: NodeJS.ProcessEnv): ConfigProblem[] {
  const { kafkaBrokers, kafkaSaslUsername: username, kafkaSaslPassword: password } = config;
  const [user, pass] = [variables.kafkaSaslUsername.name, variables.kafkaSaslPassword.name];
  if (kafkaBrokers === null) {
    const set = firstSet('WEIR_KAFKA_', env);
    return set ? [alone(set, variables.kafkaBrokers.name)] : [];
  }
  if (username !== null && password === null) return [alone(user, pass)];
  return password !== null && username === null ? [alone(pass, user)] : [];
}

function oidcConflicts(config: Config, env: NodeJS.ProcessEnv): ConfigProblem[] {
  const set = firstSet('WEIR_OIDC_', env);
  if (!set) return [];
  const needed = (['oidcIssuer', 'oidcClientId', 'oidcRoles'] as const).filter((key) => config[key] === null);
  return needed.map((key) => alone(set, variables[key].name));
}

function invalid(variable: string, label: string, given: string, expected: string): ConfigProblem {
  // A key or a URL may hold a password: it is not repeated.
  const said = label === 'key' || label === 'URL' ? 'what it holds' : JSON.stringify(given);
  return { variable, code: 'CONFIG_INVALID', message: `${variable}: ${said} is not ${expected}.` };
}

function unknownNames(env: NodeJS.ProcessEnv): ConfigProblem[] {
  const known: string[] = Object.values(variables).map((variable) => variable.name);
  const names = Object.keys(env).filter((name) => name.startsWith('WEIR_') && env[name] && !known.includes(name));
  return names.sort().map((variable) => {
    const later = notYet.find((entry) => entry.names.test(variable));
    if (later) return { variable, code: 'CONFIG_UNSUPPORTED', message: `${variable}: ${later.instead}. Unset it.` };
    const nearest = known.toSorted((a, b) => distance(variable, a) - distance(variable, b))[0];
    const hint = distance(variable, nearest) <= 4 ? `Did you mean ${nearest}?` : 'See `weir start --help`.';
    return { variable, code: 'CONFIG_UNKNOWN', message: `${variable}: Weir has no such variable. ${hint}` };
  });
}

/** Levenshtein's: how many characters to insert, delete or replace. */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      next.push(Math.min(row[j] + 1, next[j - 1] + 1, row[j - 1] + (a[i - 1] === b[j - 1] ? 0 : 1)));
    }
    row = next;
  }
  return row[b.length];
}
