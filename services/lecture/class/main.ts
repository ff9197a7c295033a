import { run } from '../../kit/index.ts';
import { enrolments } from './app.ts';

await run(enrolments);
