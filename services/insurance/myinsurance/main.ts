import { run } from '../../kit/index.ts';
import { myinsurance } from './app.ts';

await run(myinsurance);
