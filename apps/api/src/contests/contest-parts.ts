import type { Provider, Type } from '@nestjs/common';
import { ContestStore, StepStore } from '#libs/storage';
import type { ApiPorts } from '../ports.js';
import { BoardsController } from './boards.controller.js';
import { Boards } from './boards.js';
import { ContestDesk } from './contest-desk.js';
import { ContestsController } from './contests.controller.js';
import { PairsController } from './pairs.controller.js';
import { Pairs } from './pairs.js';
import { RoundDesk } from './round-desk.js';
import { RoundsController } from './rounds.controller.js';
import { TrendingController } from './trending.controller.js';
import { Trends } from './trends.js';
import { VotesController } from './votes.controller.js';

export const contestControllers: Type[] = [
  ContestsController,
  VotesController,
  BoardsController,
  RoundsController,
  PairsController,
  TrendingController,
];

export const contestProviders = ({ database, clock }: ApiPorts): Provider[] => [
  { provide: ContestStore, useFactory: () => new ContestStore(database, clock) },
  { provide: StepStore, useFactory: () => new StepStore(database) },
  ContestDesk,
  RoundDesk,
  Pairs,
  Boards,
  Trends,
];
