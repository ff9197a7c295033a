import { answers, collectionAnswer, type Records, type Route, route, rowAnswer } from '../../kit/index.ts';
import { newestBy } from '../shared/lists.ts';
import { agents, online } from '../shared/online.ts';
import { MyPage } from './contract.ts';
import { type Part, pagesOf, parts } from './views.ts';

const access = { agent: 'all', customer: { own: 'custNo' } } as const;
const pages = { path: 'mypages', item: 'mypage', answer: MyPage };

/** How many calculations, plans and proposals the list shows at most: the newest. */
const LIST = 1_000;
/** How many customers of one name a search for it shows at most: those with the newest entries. */
const NAMESAKES = 20;

const partsBy = async (records: Records, field: 'custNo' | 'custNm', value: string): Promise<Part[]> =>
  (await newestBy(records, parts.kind, field, value)).flatMap((facts) => parts.row(facts) ?? []);

const all = async (records: Records): Promise<MyPage[]> =>
  pagesOf((await records.newest(parts.kind, LIST)).flatMap((facts) => parts.row(facts) ?? []));

const ofCustomer = async (records: Records, custNo: string): Promise<MyPage[]> =>
  pagesOf(await partsBy(records, 'custNo', custNo));

/** A plan and its proposal may be under different names, never under different customer numbers. */
async function named(records: Records, custNm: string): Promise<MyPage[]> {
  const found = await partsBy(records, 'custNm', custNm);
  const newest = found.toReversed().flatMap(({ custNo }) => custNo ?? []);
  const customers = [...new Set(newest)].slice(0, NAMESAKES);
  const more = await Promise.all(customers.map((custNo) => partsBy(records, 'custNo', custNo)));
  const whole = found.filter(({ custNo }) => custNo === null || customers.includes(custNo));
  const both = new Map([...whole, ...more.flat()].map((part) => [part.id, part]));
  return pagesOf([...both.values()]).filter((page) => page.custNm === custNm);
}

/** Those of a customer, of the first field, that have all these values. */
const finder = (name: string, ...query: ('custNo' | 'custNm' | 'ppsdsnNo' | 'prpsNo')[]): Route =>
  route.get(
    `/mypages/search/${name}`,
    { summary: `Those with this ${query.join(' and ')}.`, query, answer: answers.collection(pages), access },
    async (context) => {
      const [field] = query;
      const value = context.query[field!];
      const rows = field === 'custNm' ? await named(context.records, value) : await ofCustomer(context.records, value);
      return collectionAnswer(
        pages,
        rows.filter((row) => query.every((name) => row[name] === context.query[name])),
      );
    },
  );

/** A read model: what customers and administrators may do is look. */
export const routes = [
  route.get(
    '/mypages',
    { summary: 'The newest rows.', answer: answers.collection(pages), access },
    async ({ records }) => collectionAnswer(pages, await all(records)),
  ),
  finder('findByCustNo', 'custNo'),
  finder('findByCustNm', 'custNm'),
  finder('findByCustNoAndPpsdsnNo', 'custNo', 'ppsdsnNo'),
  finder('findByCustNoAndPrpsNo', 'custNo', 'prpsNo'),

  route.get('/mypages/:id', { summary: 'One row.', answer: answers.item(pages), access }, async (context) => {
    const { id, records } = context;
    const facts = await records.get(parts.kind, id);
    const part = facts && parts.row(facts);
    const ofOne = part?.custNo ? await ofCustomer(records, part.custNo) : pagesOf(part ? [part] : []);
    const page = ofOne.find((found) => found.id === id);
    if (!page) throw context.missing(pages);
    return rowAnswer(pages, page);
  }),

  online(
    '/mypages/online',
    'The rows, or those of one customer (myName).',
    agents,
    {
      any: async ({ of, context: { records } }) => {
        const mypages = of('myName') ? await named(records, of('myName')) : await all(records);
        return { data: { svcDvn: null, mypages } };
      },
    },
    ['mypages:read'],
  ),
];
