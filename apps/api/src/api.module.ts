import { type DynamicModule, Module } from '@nestjs/common';
import {
  Bouncers,
  DecisionLedger,
  DecisionStore,
  FixtureStore,
  RuleStore,
  SilenceStore,
  TriageStore,
  WebhookStore,
} from '#libs/storage';
import { ConsoleModule } from '../../console/src/index.js';
import { CLOCK, DATABASE, KEYS, LOG } from '../../platform/src/index.js';
import { AlertsController } from './alerts/alerts.controller.js';
import { TriageController } from './alerts/triage.controller.js';
import { AuditController } from './audit/audit.controller.js';
import { AuditLogController } from './audit-log/audit-log.controller.js';
import { BacktestsController } from './backtests/backtests.controller.js';
import { Backtests } from './backtests/backtests.js';
import { contestControllers, contestProviders } from './contests/contest-parts.js';
import { BouncersController } from './decisions/bouncers.controller.js';
import { DecisionsController } from './decisions/decisions.controller.js';
import { openLedger } from './decisions/open-ledger.js';
import { feedControllers, feedProviders } from './feeds/feed-parts.js';
import { ExceptionsController } from './fixtures/exceptions.controller.js';
import { FixturesController } from './fixtures/fixtures.controller.js';
import { Fixtures } from './fixtures/fixtures.js';
import { VerdictFixtures } from './fixtures/verdict-fixtures.js';
import { GroupsController } from './groups/groups.controller.js';
import { OpenStreams } from './http/open-streams.js';
import { IncidentsController } from './incidents/incidents.controller.js';
import { KeysController } from './keys/keys.controller.js';
import {
  ALERT_FEED,
  type ApiPorts,
  DETECTION,
  GUARD,
  LOGGER,
  NETWORKS,
  RECOUNT,
  RULE_COUNTERS,
  RULES,
} from './ports.js';
import { ProjectionsController } from './projections/projections.controller.js';
import { ReplayController } from './replays/replay.controller.js';
import { Replays } from './replays/replays.js';
import { RuleStatesController } from './rules/rule-states.controller.js';
import { RuleWritesController } from './rules/rule-writes.controller.js';
import { RulesController } from './rules/rules.controller.js';
import { MeController } from './sign-in/me.controller.js';
import { SignInController } from './sign-in/sign-in.controller.js';
import { SIGN_IN } from './sign-in/sign-in.js';
import { AllowlistsController } from './silences/allowlists.controller.js';
import { SilenceDesk } from './silences/desk.js';
import { SilencesController } from './silences/silences.controller.js';
import { TailController } from './topics/tail.controller.js';
import { TopicsController } from './topics/topics.controller.js';
import { DeliveriesController } from './webhooks/deliveries.controller.js';
import { WebhooksController } from './webhooks/webhooks.controller.js';

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
        ProjectionsController,
        AlertsController,
        TriageController,
        IncidentsController,
        RulesController,
        RuleWritesController,
        RuleStatesController,
        ReplayController,
        FixturesController,
        ExceptionsController,
        SilencesController,
        AllowlistsController,
        DecisionsController,
        BouncersController,
        AuditController,
        BacktestsController,
        KeysController,
        WebhooksController,
        DeliveriesController,
        AuditLogController,
        MeController,
        SignInController,
        ...contestControllers,
        ...feedControllers,
      ],
      providers: [
        { provide: LOG, useValue: ports.log },
        { provide: CLOCK, useValue: ports.clock },
        { provide: DATABASE, useValue: ports.database },
        { provide: ALERT_FEED, useValue: ports.alertFeed },
        { provide: KEYS, useValue: ports.keys },
        { provide: SIGN_IN, useValue: ports.signIn },
        { provide: RULES, useValue: ports.rules },
        { provide: RuleStore, useFactory: () => new RuleStore(ports.database, ports.clock) },
        { provide: Replays, useFactory: (store: RuleStore) => replays(ports, store), inject: [RuleStore] },
        { provide: FixtureStore, useFactory: () => new FixtureStore(ports.database, ports.clock) },
        Fixtures,
        { provide: WebhookStore, useFactory: () => new WebhookStore(ports.database, ports.clock) },
        { provide: NETWORKS, useValue: ports.networks },
        VerdictFixtures,
        { provide: LOGGER, useValue: ports.logger },
        { provide: SilenceStore, useFactory: () => new SilenceStore(ports.database, ports.clock) },
        { provide: DecisionStore, useFactory: () => new DecisionStore(ports.database, ports.clock) },
        { provide: Bouncers, useFactory: () => new Bouncers(ports.database) },
        { provide: DecisionLedger, useFactory: () => openLedger(ports) },
        SilenceDesk,
        ...contestProviders(ports),
        ...feedProviders(ports.feeds),
        { provide: GUARD, useValue: ports.guard },
        { provide: RULE_COUNTERS, useValue: ports.ruleCounters },
        { provide: TriageStore, useFactory: () => new TriageStore(ports.database, ports.clock) },
        { provide: RECOUNT, useValue: ports.recount },
        { provide: DETECTION, useValue: ports.detection },
        { provide: Backtests, useFactory: () => new Backtests(ports.log, ports.database, ports.clock) },
        { provide: OpenStreams, useFactory: () => new OpenStreams() },
      ],
    };
  }
}

function replays({ log, clock, database, rules, detection }: ApiPorts, store: RuleStore): Replays {
  return new Replays(database, { log, clock, rules: { store, live: rules }, options: detection });
}
