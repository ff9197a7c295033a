import { run } from '../../kit/service.ts';
import { course } from './app.ts';

await run(course);
