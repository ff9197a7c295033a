import { run } from '../../kit/index.ts';
import { dashboard } from './app.ts';

await run(dashboard);
