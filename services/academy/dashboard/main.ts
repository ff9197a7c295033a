import { run } from '../../kit/service.ts';
import { dashboard } from './app.ts';

await run(dashboard);
