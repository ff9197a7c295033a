import { run } from '../../kit/service.ts';
import { product } from './app.ts';

await run(product);
