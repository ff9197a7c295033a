import { run } from '../../kit/service.ts';
import { plan } from './app.ts';

await run(plan);
