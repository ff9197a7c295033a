/** What pure code (domain.ts, contract.ts) may know of the kit: nothing here does I/O or knows Dapr or Express. */
export * from './aggregate.ts';
export * from './schema.ts';
