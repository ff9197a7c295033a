import { run } from '../../kit/index.ts';
import { mission } from './app.ts';

await run(mission);
