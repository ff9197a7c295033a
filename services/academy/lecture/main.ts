import { run } from '../../kit/service.ts';
import { lecture } from './app.ts';

await run(lecture);
