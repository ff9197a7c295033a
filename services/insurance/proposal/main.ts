import { run } from '../../kit/index.ts';
import { proposal } from './app.ts';

await run(proposal);
