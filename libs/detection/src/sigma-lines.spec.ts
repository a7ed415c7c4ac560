import { existsSync, globSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { compileRules } from '#libs/sigma';
import { LineView } from './line-view.js';

const data = new URL('../../../../shared/data/sigma/', import.meta.url).pathname;
const there = existsSync(data);
if (!there) console.warn('LEFT OUT: THE RULES OF SIGMA ON LINES OF BYTES, AS ../shared/data/sigma IS NOT THERE');

describe.skipIf(!there)('the rules and events of Sigma, from bytes', () => {
  it('match alike whether a line is scanned or parsed', () => {
    const files = globSync(['regression/*/rule.yml', 'rules/**/*.yml'], { cwd: data }).toSorted();
    const rules = compileRules(files.map((file) => ({ file, text: readFileSync(data + file, 'utf8') })));
    const view = new LineView(rules.fields.paths);
    const matching = (line: string) => {
      const bytes = Buffer.from(line);
      expect(view.read(bytes, 0, bytes.length)).toBe(true);
      return rules.detections.filter((detection) => detection.matches(view)).map(({ info }) => info.id);
    };
    let matched = 0;
    for (const file of globSync('regression/*/*.json', { cwd: data }))
      for (const text of readFileSync(data + file, 'utf8').split(/^(?=\{)/m)) {
        const event = {
          id: '1',
          source: 's',
          type: 'log',
          data: { body: '', attributes: JSON.parse(text) as unknown },
        };
        const scanned = matching(JSON.stringify(event));
        // An escaped key and a key that comes twice are what the scanner leaves to the parser.
        expect(matching(JSON.stringify(event, null, 1).replace('"data"', '"d\\u0061ta"'))).toEqual(scanned);
        expect(matching(`{"data":null,${JSON.stringify(event).slice(1)}`)).toEqual(scanned);
        matched += scanned.includes(file.split('/')[1]) ? 1 : 0;
      }
    expect(matched).toBeGreaterThanOrEqual(115);
  });
});
