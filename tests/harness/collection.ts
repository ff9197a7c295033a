export type Row = Record<string, unknown>;

/** A whole collection, page by page, as a client of this gateway reads it. */
export async function collection(gateway: string, path: string): Promise<Row[]> {
  const rows: Row[] = [];
  for (let page: number | undefined = 0; page !== undefined; ) {
    const answer = await fetch(`${gateway}/${path}?size=200&page=${page}`, { signal: AbortSignal.timeout(20_000) });
    if (answer.status !== 200) throw new Error(`GET /${path} answers ${answer.status}`);
    const body = (await answer.json()) as { _embedded: Record<string, Row[]>; _links: { next?: { href: string } } };
    rows.push(...(Object.values(body._embedded)[0] ?? []));
    page = body._links.next && Number(new URL(body._links.next.href).searchParams.get('page'));
  }
  return rows;
}
