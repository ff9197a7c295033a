import { unannounced } from '../../tools/compatibility/compare.ts';
import { acceptedContract, described } from '../../tools/generate/promised.ts';
import { systems } from '../../tools/run/infrastructure/templates.ts';

/**
 * Nobody is broken without being told. What is compared comes from each service's own folder: events with name and schema
 * from `contract.ts`, operations from `routes.ts`. To break somebody on purpose: raise the version in package.json, `./run generate`.
 */

test.each(await systems())(
  'given what %s promised before, when it is compared with what it promises now, then nobody is broken unannounced',
  async (system) => {
    const accepted = await acceptedContract(system);
    if (!accepted) throw new Error(`docs/contracts/${system}.json is missing; write it with ./run generate.`);
    expect(Object.keys(accepted.operations).length).toBeGreaterThan(10);
    expect(unannounced(accepted, (await described(system)).promised)).toEqual([]);
  },
);
