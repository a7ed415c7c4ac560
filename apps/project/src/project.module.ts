import { type DynamicModule, Module } from '@nestjs/common';
import { AlertsController } from './alerts.controller.js';
import { PROJECT, type ProjectPorts } from './ports.js';

/** Projections: log → read models in PostgreSQL. */
@Module({})
export class ProjectModule {
  static register(ports: ProjectPorts): DynamicModule {
    return {
      module: ProjectModule,
      controllers: [AlertsController],
      providers: [{ provide: PROJECT, useValue: ports }],
    };
  }
}
