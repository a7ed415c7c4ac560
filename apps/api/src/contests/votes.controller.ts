import { Body, Controller, Delete, HttpCode, Inject, Param, Put } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import Type from 'typebox';
import type { Mode } from '#libs/ranking';
import { RequireScope } from '../../../platform/src/index.js';
import { Documented } from '../http/documented.js';
import { invalidBody } from '../http/problems.js';
import { parseBody } from '../http/query.js';
import { Written } from '../http/write-event.js';
import { ContestDesk } from './contest-desk.js';

const name = Type.String({ minLength: 1, maxLength: 500 });
const Entry = Type.Object(
  { title: Type.Optional(Type.String({ maxLength: 1_000 })), actor: Type.Optional(name) },
  { additionalProperties: false },
);
const Vote = Type.Object(
  {
    entry: Type.Optional(name),
    value: Type.Optional(Type.Number({ description: 'Above 0 is a yes, below 0 a no. Default: 1' })),
    winner: Type.Optional(name),
    loser: Type.Optional(name),
    ranking: Type.Optional(Type.Array(name, { minItems: 1, maxItems: 1_000, description: 'Best first' })),
    shown: Type.Optional(Type.Array(name, { maxItems: 1_000, description: 'What the voter could choose from' })),
    ip: Type.Optional(Type.String({ description: 'The voter’s address: many accounts behind one are found by it' })),
    accountCreatedOn: Type.Optional(
      Type.String({ description: 'The day on which the voter’s account was made: floods of new ones are found by it' }),
    ),
  },
  { additionalProperties: false },
);

const entryParams = { contest: 'Its id', entry: 'The entry’s id' };
const voteParams = { contest: 'Its id', voter: 'Who votes, as you name them' };
const problems = {
  404: 'No such contest',
  409: 'It is closed',
  422: 'The body is wrong, or not of the contest’s mode',
};

/** What a vote has to say, by how the contest is voted in. */
const needed: Readonly<Record<Mode, 'entry' | 'winner' | 'ranking'>> = {
  approval: 'entry',
  trending: 'entry',
  pairwise: 'winner',
  ballot: 'ranking',
};

@ApiTags('Contests')
@Controller('api/v1/contests/:contest')
export class VotesController {
  constructor(@Inject(ContestDesk) private readonly desk: ContestDesk) {}

  @Put('entries/:entry')
  @RequireScope('ingest')
  @Documented({
    summary: 'Enter something into the contest, or change it',
    answers: Written,
    params: entryParams,
    body: Entry,
    problems,
  })
  async enter(
    @Param('contest') contest: string,
    @Param('entry') entry: string,
    @Body() body: unknown,
  ): Promise<Written> {
    const given = parseBody(Entry, body);
    await this.desk.openContest(contest);
    return this.desk.write(contest, 'contest.entry', { contest, entry, ...given });
  }

  @Delete('entries/:entry')
  @HttpCode(204)
  @RequireScope('ingest')
  @Documented({
    summary: 'Withdraw an entry; votes for it stay, and count again when it is entered again',
    params: entryParams,
    problems,
  })
  async leave(@Param('contest') contest: string, @Param('entry') entry: string): Promise<void> {
    await this.desk.openContest(contest);
    await this.desk.write(contest, 'contest.entry', { contest, entry, state: 'withdrawn' });
  }

  @Put('votes/:voter')
  @RequireScope('ingest')
  @Documented({
    summary: 'Vote, in place of the vote before',
    description: 'Approval and trending: `entry` and `value`; pairwise: `winner` and `loser`; ballot: `ranking`.',
    answers: Written,
    params: voteParams,
    body: Vote,
    problems,
  })
  async vote(@Param('contest') id: string, @Param('voter') voter: string, @Body() body: unknown): Promise<Written> {
    const given = parseBody(Vote, body);
    const contest = await this.desk.openContest(id);
    const field = needed[contest.mode];
    if (given[field] === undefined)
      throw invalidBody([{ field, message: `is missing: contest ${id} is voted in by ${contest.mode}` }]);
    return this.desk.write(id, 'vote', { contest: id, voter, ...given });
  }

  @Delete('votes/:voter')
  @HttpCode(204)
  @RequireScope('ingest')
  @Documented({
    summary: 'Take a vote back',
    params: voteParams,
    problems: {
      404: 'No such contest, or the voter has no vote in it',
      409: 'It is closed',
      503: 'Votes are counted too late to know',
    },
  })
  async withdraw(@Param('contest') contest: string, @Param('voter') voter: string): Promise<void> {
    await this.desk.openContest(contest);
    await this.desk.withdraw(contest, voter);
  }
}
