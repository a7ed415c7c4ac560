import { getMetadataArgsStorage } from 'typeorm';
import { expect, test } from 'vitest';
import { entities } from '../database/entities.js';
import { keptTables, projections } from './catalogue.js';

test('every table that is computed is one projection’s, or stays for a reason that is written down', () => {
  expect(entities.length).toBeGreaterThan(0);
  const computed = getMetadataArgsStorage().tables.flatMap(({ schema, name }) => (schema === 'computed' ? [name] : []));
  const known = [...projections.flatMap(({ tables }) => [...tables]), ...Object.keys(keptTables)];
  expect(known.toSorted()).toEqual(computed.toSorted());
});
