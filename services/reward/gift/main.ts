import { run } from '../../kit/index.ts';
import { gift } from './app.ts';

await run(gift);
