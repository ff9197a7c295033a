import { run } from '../../kit/service.ts';
import { enrolments } from './app.ts';

await run(enrolments);
