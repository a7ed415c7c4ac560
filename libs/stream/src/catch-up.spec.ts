import { expect, test } from 'vitest';
import { CatchUp } from './catch-up.js';

const place = (partition: number) => ({ topic: 't', partition });
const described = (...partitions: number[]) => ({
  group: 'g',
  members: [
    { id: 'me', partitions: partitions.map(place) },
    { id: 'other', partitions: [place(9)] },
  ],
  positions: [],
});

test('is behind until its partitions are taken up and processed to where they ended then', () => {
  const catchUp = new CatchUp('g');
  expect(catchUp.state({ ...described(), members: [] }, 'me')).toMatchObject({ joined: false });
  expect(catchUp.state(described(0, 1), 'me').waiting).toEqual([place(0), place(1)]);
  catchUp.taken(place(0), 5, 5);
  catchUp.taken(place(1), 2, 10);
  expect(catchUp.state(described(0, 1), 'me')).toEqual({
    group: 'g',
    joined: true,
    waiting: [],
    behind: [{ ...place(1), records: 8 }],
  });
  catchUp.reached(place(1), 9);
  catchUp.reached(place(7), 9);
  expect(catchUp.state(described(0, 1), 'me').behind).toEqual([{ ...place(1), records: 1 }]);
  catchUp.reached(place(1), 12);
  expect(catchUp.state(described(0, 1), 'me').behind).toEqual([]);
});

test('a partition that went to another is not waited for', () => {
  const catchUp = new CatchUp('g');
  catchUp.taken(place(0), 0, 10);
  catchUp.lost(place(0));
  expect(catchUp.state(described(), 'me').behind).toEqual([]);
});

test('once caught up it stays so, whatever moves', () => {
  const catchUp = new CatchUp('g');
  catchUp.taken(place(0), 0, 0);
  const caughtUp = { group: 'g', joined: true, waiting: [], behind: [] };
  expect(catchUp.state(described(0), 'me')).toEqual(caughtUp);
  catchUp.taken(place(1), 0, 10);
  expect(catchUp.state(described(0, 1, 2), 'me')).toEqual(caughtUp);
});
