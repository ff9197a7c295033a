import { run } from '../../kit/index.ts';
import { product } from './app.ts';

await run(product);
