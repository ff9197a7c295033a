import { Router } from 'express';
import { aggregate, Hal, idOf, type Kit, Problem, sendItem, soughtValue } from '../../kit/index.ts';
import { newestBy } from '../lists.ts';
import { online } from '../online.ts';
import { type MyPage, type Part, pagesOf, parts } from './views.ts';

const pages = { kind: aggregate<MyPage>('Mypage'), path: 'mypages', item: 'mypage' };
const hal = new Hal<MyPage, MyPage>(pages);

/** How many calculations, plans and proposals the list shows at most: the newest. */
const LIST = 1_000;
/** How many customers of one name a search for it shows at most: those with the newest entries. */
const NAMESAKES = 20;

/** A read model: what customers and administrators may do is look. */
export function api({ records }: Kit): Router[] {
  const partsBy = async (field: 'custNo' | 'custNm', value: string): Promise<Part[]> =>
    (await newestBy(records, parts.kind, field, value)).flatMap((facts) => parts.row(facts) ?? []);
  const all = async (): Promise<MyPage[]> =>
    pagesOf((await records.newest(parts.kind, LIST)).flatMap((facts) => parts.row(facts) ?? []));
  const ofCustomer = async (custNo: string): Promise<MyPage[]> => pagesOf(await partsBy('custNo', custNo));
  /** A plan and its proposal may be under different names, never under different customer numbers. */
  const named = async (custNm: string): Promise<MyPage[]> => {
    const found = await partsBy('custNm', custNm);
    const newest = found.toReversed().flatMap(({ custNo }) => custNo ?? []);
    const customers = [...new Set(newest)].slice(0, NAMESAKES);
    const more = await Promise.all(customers.map((custNo) => partsBy('custNo', custNo)));
    const whole = found.filter(({ custNo }) => custNo === null || customers.includes(custNo));
    const both = new Map([...whole, ...more.flat()].map((part) => [part.id, part]));
    return pagesOf([...both.values()]).filter((page) => page.custNm === custNm);
  };

  const router = Router();
  router.get('/mypages', async (request, response) => {
    response.json(hal.collection(request, await all()));
  });
  const finder = (name: string, ...fields: ('custNo' | 'custNm' | 'ppsdsnNo' | 'prpsNo')[]): void => {
    router.get(`/mypages/search/${name}`, async (request, response) => {
      const asked = fields.map((field) => [field, soughtValue(request, field)] as const);
      const [field, value] = asked[0]!;
      const pages = field === 'custNm' ? await named(value) : await ofCustomer(value);
      const fitting = pages.filter((page) => asked.every(([name, wanted]) => page[name] === wanted));
      response.json(hal.collection(request, fitting));
    });
  };
  finder('findByCustNo', 'custNo');
  finder('findByCustNm', 'custNm');
  finder('findByCustNoAndPpsdsnNo', 'custNo', 'ppsdsnNo');
  finder('findByCustNoAndPrpsNo', 'custNo', 'prpsNo');
  router.get('/mypages/:id', async (request, response) => {
    const id = idOf(request);
    const facts = await records.get(parts.kind, id);
    const part = facts && parts.row(facts);
    const ofOne = part?.custNo ? await ofCustomer(part.custNo) : pagesOf(part ? [part] : []);
    const page = ofOne.find((found) => found.id === id);
    if (!page) throw new Problem(404, 'Not Found', `There is no mypage ${id}.`);
    sendItem<MyPage, MyPage>(request, response, pages, page);
  });
  const inquiry = online('/mypages/online', {
    any: async ({ of }) => {
      const mypages = of('myName') ? await named(of('myName')) : await all();
      return { data: { svcDvn: null, mypages } };
    },
  });
  return [router, inquiry];
}
