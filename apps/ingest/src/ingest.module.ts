import { type DynamicModule, Module } from '@nestjs/common';
import { ReceivedAlertsController } from './alerts/alerts.controller.js';
import type { IngestPorts } from './batch.js';
import { EventsController } from './events/events.controller.js';
import { StreamsController } from './streams/streams.controller.js';
import { INGEST } from './tokens.js';

/** What comes in over HTTP, onto the log. */
@Module({})
export class IngestModule {
  static register(ports: IngestPorts): DynamicModule {
    return {
      module: IngestModule,
      controllers: [EventsController, StreamsController, ReceivedAlertsController],
      providers: [{ provide: INGEST, useValue: ports }],
    };
  }
}
