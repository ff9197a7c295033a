import { run } from '../../kit/index.ts';
import { payment } from './app.ts';

await run(payment);
