import { run } from '../../kit/index.ts';
import { notification } from './app.ts';

await run(notification);
