import { run } from '../../kit/service.ts';
import { delivery } from './app.ts';

await run(delivery);
