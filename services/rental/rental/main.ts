import { run } from '../../kit/service.ts';
import { rental } from './app.ts';

await run(rental);
