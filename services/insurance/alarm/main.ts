import { run } from '../../kit/service.ts';
import { alarm } from './app.ts';

await run(alarm);
