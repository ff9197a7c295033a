import { run } from '../../kit/index.ts';
import { information } from './app.ts';

await run(information);
