import { callCases } from './calls.ts';
import { messageCases } from './messages.ts';
import { stateCases } from './state.ts';
import type { Case } from './subject.ts';

export * from './subject.ts';

/** Everything the kit relies on that daprd does, one thing each. */
export const cases: readonly Case[] = [...stateCases, ...messageCases, ...callCases];
