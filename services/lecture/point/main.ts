import { run } from '../../kit/index.ts';
import { point } from './app.ts';

await run(point);
