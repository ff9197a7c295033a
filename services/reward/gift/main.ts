import { run } from '../../kit/service.ts';
import { gift } from './app.ts';

await run(gift);
