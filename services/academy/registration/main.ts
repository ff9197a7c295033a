import { run } from '../../kit/index.ts';
import { registration } from './app.ts';

await run(registration);
