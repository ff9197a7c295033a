import type { Subject } from '../desk.ts';
import { academy } from './academy.ts';
import { insurance } from './insurance.ts';
import { lecture } from './lecture.ts';
import { rental } from './rental.ts';
import { reward } from './reward.ts';

/** Every system, each with a model of its clients and a judge of what came of their commands. */
export const subjects: Readonly<Record<string, () => Subject>> = { lecture, reward, academy, insurance, rental };
