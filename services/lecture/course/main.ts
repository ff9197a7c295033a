import { run } from '../../kit/index.ts';
import { course } from './app.ts';

await run(course);
