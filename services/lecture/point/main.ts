import { run } from '../../kit/service.ts';
import { point } from './app.ts';

await run(point);
