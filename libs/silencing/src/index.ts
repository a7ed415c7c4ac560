export { type CompiledEntries, compileEntries, matches } from './compile.js';
export { type Matchable, type MatcherProblem, type Matchers, type ParsedMatchers, parseMatchers } from './matchers.js';
export { contains, isAddress, type Network, networkText, overlaps, parseNetwork, widen } from './network.js';
export { parseSilenceFile, type SilenceFile, type WrittenSilence } from './silence-file.js';
