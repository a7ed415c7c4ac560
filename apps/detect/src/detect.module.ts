import { type DynamicModule, Module } from '@nestjs/common';
import { MatchController } from './match.controller.js';
import { DETECT, type DetectPorts, URGENCY } from './ports.js';
import { Urgency } from './urgency.js';
import { WindowController } from './window.controller.js';

/** Detection: activity → matches → windows → alert events. */
@Module({})
export class DetectModule {
  static register(ports: DetectPorts): DynamicModule {
    return {
      module: DetectModule,
      controllers: [MatchController, WindowController],
      providers: [
        { provide: DETECT, useValue: ports },
        { provide: URGENCY, useValue: new Urgency() },
      ],
    };
  }
}
