import { type DynamicModule, Module } from '@nestjs/common';
import { Courier } from './courier.js';
import { Housekeeping } from './housekeeping.js';
import { NOTIFY, type NotifyPorts } from './ports.js';
import { TransitionsController } from './transitions.controller.js';

/** Alert events → targets: webhooks, Alertmanager, Slack, mail. */
@Module({})
export class NotifyModule {
  static register(ports: NotifyPorts): DynamicModule {
    return {
      module: NotifyModule,
      controllers: [TransitionsController],
      providers: [{ provide: NOTIFY, useValue: ports }, Housekeeping, Courier],
    };
  }
}
