import { run } from '../../kit/index.ts';
import { reward } from './app.ts';

await run(reward);
