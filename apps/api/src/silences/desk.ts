import { Inject, Injectable } from '@nestjs/common';
import type { Static } from 'typebox';
import type { KeyedRequest } from '#libs/auth';
import type { Clock } from '#libs/clock';
import { type SilenceKind, SilenceStore } from '#libs/storage';
import { CLOCK } from '../../../platform/src/index.js';
import { unknownThing } from '../http/problems.js';
import { parseQuery } from '../http/query.js';
import { newSilence, type Silence, type SilenceList, SilencesQuery, silenceWire } from './silence.js';

/** What silences and allowlists have in common over HTTP. */
@Injectable()
export class SilenceDesk {
  constructor(
    @Inject(SilenceStore) private readonly store: SilenceStore,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  async list(kind: SilenceKind, raw: Readonly<Record<string, unknown>>): Promise<Static<typeof SilenceList>> {
    const { items, next } = await this.store.list(kind, parseQuery(SilencesQuery, raw));
    const held = await this.store.held(items.map(({ id }) => id));
    const now = this.clock.now();
    return { items: items.map((silence) => silenceWire(silence, held.get(silence.id) ?? 0, now)), next };
  }

  async add(kind: SilenceKind, body: unknown, actor: string, request?: KeyedRequest): Promise<Silence> {
    const now = this.clock.now();
    const wanted = newSilence(body, now, { mustEnd: kind === 'silence' });
    const added = await this.store.add(kind, wanted, actor, request);
    return silenceWire(added, 0, added.createdAt);
  }

  async end(kind: SilenceKind, id: string, actor: string): Promise<void> {
    if (!(await this.store.end(kind, id, actor))) throw unknownThing(kind, id, `/api/v1/${kind}s`);
  }
}
