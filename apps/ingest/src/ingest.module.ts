import { type DynamicModule, Inject, Module, type OnModuleInit } from '@nestjs/common';
import { eventTypes, topics } from '#libs/events';
import type { TopicOptions } from '#libs/log';
import type { Logger } from '#libs/telemetry';
import type { IngestPorts } from './batch.js';
import { EventsController } from './events/events.controller.js';
import { StreamsController } from './streams/streams.controller.js';
import { INGEST } from './tokens.js';

export interface IngestModulePorts extends IngestPorts {
  logger: Logger;
  /** Of the topics that ingest writes to, when they are made. */
  topics: TopicOptions;
}

/** What comes in over HTTP, onto the log. Makes its topics at start. */
@Module({})
export class IngestModule implements OnModuleInit {
  constructor(@Inject(INGEST) private readonly ports: IngestModulePorts) {}

  static register(ports: IngestModulePorts): DynamicModule {
    return {
      module: IngestModule,
      controllers: [EventsController, StreamsController],
      providers: [{ provide: INGEST, useValue: ports }],
    };
  }

  async onModuleInit(): Promise<void> {
    const activity = eventTypes.filter((type) => !type.internal).map((type) => type.topic);
    for (const topic of new Set([...activity, topics.deadLetters])) {
      const differences = await this.ports.log.createTopic(topic, this.ports.topics);
      for (const difference of differences) this.ports.logger.warn({ topic }, difference);
    }
  }
}
