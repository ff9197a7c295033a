import { run } from '../../kit/service.ts';
import { notification } from './app.ts';

await run(notification);
