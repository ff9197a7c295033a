import { run } from '../../kit/service.ts';
import { registration } from './app.ts';

await run(registration);
