import { run } from '../../kit/service.ts';
import { reward } from './app.ts';

await run(reward);
