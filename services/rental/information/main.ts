import { run } from '../../kit/service.ts';
import { information } from './app.ts';

await run(information);
