import { run } from '../../kit/index.ts';
import { plan } from './app.ts';

await run(plan);
