import { type DynamicModule, Module } from '@nestjs/common';
import { AlertsController } from './alerts.controller.js';
import { ContestsController } from './contests.controller.js';
import { DecisionsController } from './decisions.controller.js';
import { FeedsController } from './feeds.controller.js';
import { PROJECT, type ProjectPorts } from './ports.js';

/** Projections: log → read models in PostgreSQL. */
@Module({})
export class ProjectModule {
  static register(ports: ProjectPorts): DynamicModule {
    return {
      module: ProjectModule,
      controllers: [AlertsController, DecisionsController, ContestsController, FeedsController],
      providers: [{ provide: PROJECT, useValue: ports }],
    };
  }
}
