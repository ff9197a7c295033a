import { run } from '../../kit/index.ts';
import { delivery } from './app.ts';

await run(delivery);
