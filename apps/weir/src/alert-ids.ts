/** Stands before an id on its way through the parser; nobody types it. */
const guard = '\u0000';

/** Of 64 ids one begins with a dash, and would be read as options; those that we have are in small letters. */
const dashedId = /^-(?!-[a-z][a-z-]*$)[\w-]{15}$/;

/** Arguments in which no alert's id looks like options. */
export const guardIds = (args: readonly string[]): string[] =>
  args.map((arg) => (dashedId.test(arg) ? guard + arg : arg));

/** For `argument`: an alert's id as it was typed. */
export const alertIdOf = (arg: string): string => (arg.startsWith(guard) ? arg.slice(1) : arg);
