import {
  type ArgumentsHost,
  Catch,
  type DynamicModule,
  type ExceptionFilter,
  type INestMicroservice,
} from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { Logger } from '#libs/telemetry';
import type { LogTransport } from './log-transport.js';
import { nestLogger } from './nest-logger.js';

/** Without it Nest would hide a step's errors from its transport, which tries again. */
@Catch()
class PassOn implements ExceptionFilter {
  catch(error: unknown, _host: ArgumentsHost): never {
    throw error;
  }
}

/** A Nest application that consumes the log, and does nothing else. `app.close()` lets steps under way end. */
export async function createConsumerApp(
  module: DynamicModule,
  strategy: LogTransport,
  logger: Logger,
): Promise<INestMicroservice> {
  const app = await NestFactory.createMicroservice(module, {
    strategy,
    logger: nestLogger(logger),
    abortOnError: false,
  });
  app.useGlobalFilters(new PassOn());
  return app;
}
