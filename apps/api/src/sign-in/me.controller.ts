import { Controller, Get, Req } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { FastifyRequest } from 'fastify';
import Type, { type Static } from 'typebox';
import { allScopes } from '#libs/auth';
import { AnyKey } from '../../../platform/src/index.js';
import { Documented } from '../http/documented.js';

const Me = Type.Object({
  id: Type.String({ description: 'What stands as the actor of what you change: a key’s id, or `person:<subject>`' }),
  name: Type.String(),
  scopes: Type.Array(Type.Enum([...allScopes])),
});

@ApiTags('Sign-in')
@Controller('api/v1/me')
export class MeController {
  @Get()
  @AnyKey()
  @Documented({ summary: 'Who asks, and what they may do', answers: Me })
  me(@Req() request: FastifyRequest): Static<typeof Me> {
    const { id, name, scopes } = request.principal!;
    return { id, name, scopes: [...scopes] };
  }
}
