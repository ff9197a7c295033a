import { run } from '../../kit/index.ts';
import { alarm } from './app.ts';

await run(alarm);
