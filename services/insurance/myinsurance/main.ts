import { run } from '../../kit/service.ts';
import { myinsurance } from './app.ts';

await run(myinsurance);
