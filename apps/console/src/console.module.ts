import { Module } from '@nestjs/common';
import { ConsoleController } from './console.controller.js';

/** The page for people. It knows the HTTP API only. */
@Module({ controllers: [ConsoleController] })
export class ConsoleModule {}
