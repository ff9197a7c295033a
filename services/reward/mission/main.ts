import { run } from '../../kit/service.ts';
import { mission } from './app.ts';

await run(mission);
