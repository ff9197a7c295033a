import { run } from '../../kit/index.ts';
import { rental } from './app.ts';

await run(rental);
