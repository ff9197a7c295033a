import { run } from '../../kit/service.ts';
import { proposal } from './app.ts';

await run(proposal);
