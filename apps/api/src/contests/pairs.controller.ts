import { Controller, Get, Header, Inject, Param, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import Type, { type Static } from 'typebox';
import { RequireScope } from '../../../platform/src/index.js';
import { Documented } from '../http/documented.js';
import { parseQuery } from '../http/query.js';
import { Pairs } from './pairs.js';

const PairQuery = Type.Object({
  voter: Type.String({ minLength: 1, maxLength: 500, description: 'Who is to vote, as votes name them' }),
});
const Shown = Type.Object({
  entry: Type.String(),
  title: Type.Union([Type.String(), Type.Null()]),
  votes: Type.Integer({ description: 'Of its duels, those that count' }),
  exposures: Type.Integer({ description: 'To how many it was shown' }),
});
const Pair = Type.Object({
  contest: Type.String(),
  voter: Type.String(),
  pair: Type.Array(Shown, { minItems: 2, maxItems: 2, description: 'In the order in which they are to be shown' }),
  gain: Type.Number({ description: 'How many bits the vote is expected to tell' }),
  exposure: Type.Object(
    { source: Type.String(), id: Type.String(), time: Type.String({ format: 'date-time' }) },
    { description: 'The event that says that it was shown' },
  ),
});

@ApiTags('Contests')
@Controller('api/v1/contests/:contest/pair')
export class PairsController {
  constructor(@Inject(Pairs) private readonly pairs: Pairs) {}

  // It writes an event: a key that may only read must not make what was shown.
  @Get()
  @RequireScope('ingest')
  @Header('cache-control', 'no-store')
  @Documented({
    summary: 'The next pair for a voter: the one whose vote is expected to tell most',
    description:
      'What is shown is recorded as an event `exposure`. Who asks again is shown the same pair, until they voted on it, for ten minutes.',
    answers: Pair,
    query: PairQuery,
    params: { contest: 'Its id' },
    problems: {
      404: 'No such contest, or the voter has judged every pair',
      409: 'It is closed, or not voted in by pairs',
    },
  })
  async next(
    @Param('contest') contest: string,
    @Query() raw: Readonly<Record<string, unknown>>,
  ): Promise<Static<typeof Pair>> {
    const { voter } = parseQuery(PairQuery, raw);
    return { contest, voter, ...(await this.pairs.next(contest, voter)) };
  }
}
