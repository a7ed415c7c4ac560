import { Controller, Delete, HttpCode, Inject, Param, Put } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { RequireScope } from '../../../platform/src/index.js';
import { Documented } from '../http/documented.js';
import { invalidQuery } from '../http/problems.js';
import { Written } from '../http/write-event.js';
import { FeedDesk } from './feed-desk.js';

const kinds = ['follow', 'mute', 'block'];
const params = { user: 'Who', kind: `One of ${kinds.join(', ')}`, target: 'Whom' };
const problems = { 422: 'The names are none that an event can hold' };

@ApiTags('Feeds')
@Controller('api/v1/users/:user/relations/:kind/:target')
export class RelationsController {
  constructor(@Inject(FeedDesk) private readonly desk: FeedDesk) {}

  @Put()
  @RequireScope('ingest')
  @Documented({ summary: 'Follow, mute or block somebody', answers: Written, params, problems })
  put(@Param('user') actor: string, @Param('kind') kind: string, @Param('target') target: string): Promise<Written> {
    return this.desk.write('relation', { actor, kind: checked(kind), target, state: 'on' });
  }

  @Delete()
  @HttpCode(204)
  @RequireScope('ingest')
  @Documented({
    summary: 'No longer follow, mute or block somebody',
    description: 'What was hidden is there again. Where nothing was, nothing changes.',
    params,
    problems,
  })
  async remove(
    @Param('user') actor: string,
    @Param('kind') kind: string,
    @Param('target') target: string,
  ): Promise<void> {
    await this.desk.write('relation', { actor, kind: checked(kind), target, state: 'off' });
  }
}

function checked(kind: string): string {
  if (kinds.includes(kind)) return kind;
  throw invalidQuery([{ field: 'kind', message: `must be one of ${kinds.join(', ')}` }]);
}
