import { type DynamicModule, Module } from '@nestjs/common';
import { RuleStore } from '#libs/storage';
import { ConsoleModule } from '../../console/src/index.js';
import { CLOCK, DATABASE, KEYS, LOG } from '../../platform/src/index.js';
import { AlertsController } from './alerts/alerts.controller.js';
import { AuditController } from './audit/audit.controller.js';
import { GroupsController } from './groups/groups.controller.js';
import { OpenStreams } from './http/open-streams.js';
import { KeysController } from './keys/keys.controller.js';
import { ALERT_FEED, type ApiPorts, RECOUNT, RULE_COUNTERS, RULES } from './ports.js';
import { RuleStatesController } from './rules/rule-states.controller.js';
import { RuleWritesController } from './rules/rule-writes.controller.js';
import { RulesController } from './rules/rules.controller.js';
import { TailController } from './topics/tail.controller.js';
import { TopicsController } from './topics/topics.controller.js';

/** The read side over HTTP: alerts, rules, the log itself; and the page that shows them. */
@Module({})
export class ApiModule {
  static register(ports: ApiPorts): DynamicModule {
    return {
      module: ApiModule,
      imports: [ConsoleModule],
      controllers: [
        TopicsController,
        TailController,
        GroupsController,
        AlertsController,
        RulesController,
        RuleWritesController,
        RuleStatesController,
        AuditController,
        KeysController,
      ],
      providers: [
        { provide: LOG, useValue: ports.log },
        { provide: CLOCK, useValue: ports.clock },
        { provide: DATABASE, useValue: ports.database },
        { provide: ALERT_FEED, useValue: ports.alertFeed },
        { provide: KEYS, useValue: ports.keys },
        { provide: RULES, useValue: ports.rules },
        { provide: RuleStore, useFactory: () => new RuleStore(ports.database, ports.clock) },
        { provide: RULE_COUNTERS, useValue: ports.ruleCounters },
        { provide: RECOUNT, useValue: ports.recount },
        { provide: OpenStreams, useFactory: () => new OpenStreams() },
      ],
    };
  }
}
