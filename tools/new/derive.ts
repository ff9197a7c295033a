/** Writes everything that derives from what services declare: a process of its own, which reads what has just been written. */
import { write } from '../../helm/tools/schema.ts';
import { main as generate } from '../generate/main.ts';

await generate();
await write();
// Only now: these are made of routes that were written a moment ago.
const { main: docs } = await import('../docs/main.ts');
await docs();
