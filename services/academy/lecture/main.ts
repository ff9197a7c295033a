import { run } from '../../kit/index.ts';
import { lecture } from './app.ts';

await run(lecture);
