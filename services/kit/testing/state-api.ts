import type { SidecarAnswer } from '../dapr/transport.ts';
import { answers, detailed, empty, failure, json } from './answers.ts';
import { asObject, kindOf, parsed, whyNoJson } from './json.ts';
import type { Call, KnownSidecar } from './parts.ts';
import { type StateOperation, StoreError } from './store.ts';

/** `/v1.0/state/<store>...`; `unreadable` says why the body could not be read. */
export function stateApi(
  sidecar: KnownSidecar,
  call: Call,
  rest: readonly string[],
  query: URLSearchParams,
  unreadable: string | undefined,
): SidecarAnswer {
  const [name = '', what] = rest;
  if (name !== `${sidecar.system}-state`)
    return detailed(400, 'ERR_STATE_STORE_NOT_FOUND', `state store ${name} is not found`, {
      reason: 'DAPR_STATE_NOT_FOUND',
      metadata: { appID: sidecar.appId },
    });
  if (call.method === 'GET') return get(sidecar, what ?? '');
  if (call.method === 'DELETE') return remove(sidecar, call, what ?? '', query);
  const body = unreadable ? undefined : parsed(call.body);
  const why = unreadable ?? (body === undefined ? whyNoJson(call.body) : undefined);
  if (what === undefined) return why ? failure(400, MALFORMED, why) : save(sidecar, body);
  if (why) return notRead(why);
  if (kindOf(body) !== 'object')
    return notRead(
      `json: cannot unmarshal ${kindOf(body)} into Go value of type http.${what === 'bulk' ? 'BulkGetRequest' : 'stateTransactionRequestBody'}`,
    );
  return what === 'bulk' ? bulkGet(sidecar, asObject(body)) : transaction(sidecar, asObject(body));
}

const MALFORMED = 'ERR_MALFORMED_REQUEST';

const notRead = (reason: string): SidecarAnswer => failure(400, MALFORMED, `failed deserializing HTTP body: ${reason}`);

const storeOf = (sidecar: KnownSidecar): string => `${sidecar.system}-state`;
const prefixed = (sidecar: KnownSidecar, key: string): string => `${sidecar.appId}||${key}`;

/** The separator of prefix and key must not be in a key. */
function refusedKey(sidecar: KnownSidecar, keys: readonly string[], named = true): SidecarAnswer | undefined {
  const bad = keys.find((key) => key.includes('||'));
  if (bad === undefined) return undefined;
  const description = `api error: code = InvalidArgument desc = input key/keyPrefix '${bad}' can't contain '||'`;
  return detailed(400, MALFORMED, description, {
    reason: 'DAPR_STATE_ILLEGAL_KEY',
    resource: { name: storeOf(sidecar), type: 'state' },
    violation: named ? { field: bad, description } : { description },
  });
}

function get(sidecar: KnownSidecar, key: string): SidecarAnswer {
  const refused = refusedKey(sidecar, [key]);
  if (refused) return refused;
  const row = sidecar.store.get(prefixed(sidecar, key));
  if (!row) return empty();
  return { status: 200, headers: { 'content-type': 'application/json', etag: row.etag }, body: Buffer.from(row.value) };
}

function bulkGet(sidecar: KnownSidecar, body: Record<string, unknown> | undefined): SidecarAnswer {
  const keys = Array.isArray(body?.keys) ? body.keys.map(String) : [];
  const refused = refusedKey(sidecar, keys);
  if (refused) return refused;
  const prefix = prefixed(sidecar, '').length;
  const items = sidecar.store.bulkGet(keys.map((key) => prefixed(sidecar, key))).map(({ key, row }) => ({
    key: key.slice(prefix),
    ...(row ? { data: JSON.parse(row.value) as unknown, etag: row.etag } : {}),
    ...(row?.expires && sidecar.store.kind !== 'redis'
      ? { metadata: { ttlExpireTime: new Date(row.expires).toISOString().replace(/\.\d+Z/, 'Z') } }
      : {}),
  }));
  return json(200, items);
}

function operationOf(sidecar: KnownSidecar, operation: string, request: Record<string, unknown>): StateOperation {
  const ttl = asObject(request.metadata)?.ttlInSeconds;
  return {
    operation: operation === 'delete' ? 'delete' : 'upsert',
    key: prefixed(sidecar, String(request.key ?? '')),
    value: request.value,
    etag: typeof request.etag === 'string' ? request.etag : undefined,
    firstWrite: asObject(request.options)?.concurrency === 'first-write',
    ttl: ttl === undefined ? undefined : String(ttl),
  };
}

function transaction(sidecar: KnownSidecar, body: Record<string, unknown> | undefined): SidecarAnswer {
  const asked = Array.isArray(body?.operations) ? body.operations.map((one) => asObject(one) ?? {}) : [];
  const operations: StateOperation[] = [];
  for (const { operation, request } of asked) {
    if (operation !== 'upsert' && operation !== 'delete')
      return failure(400, 'ERR_NOT_SUPPORTED_STATE_OPERATION', `operation type ${String(operation)} not supported`);
    const fields = asObject(request) ?? {};
    const { etag } = fields;
    if (etag !== undefined && typeof etag !== 'string')
      return notRead(
        `1 error(s) decoding:\n\n* 'ETag' expected type 'string', got unconvertible type 'float64', value: '${etag}'`,
      );
    const refused = refusedKey(sidecar, [String(fields.key ?? '')], false);
    if (refused) return refused;
    operations.push(operationOf(sidecar, operation, fields));
  }
  return attempt(
    () => sidecar.store.transact(operations),
    (error) => answers.transactionFailed(error.message),
  );
}

/** Does it, and answers 204 or what the store's refusal becomes. */
function attempt(work: () => void, refused: (error: StoreError) => SidecarAnswer): SidecarAnswer {
  try {
    work();
    return empty();
  } catch (error) {
    if (error instanceof StoreError) return refused(error);
    throw error;
  }
}

const statusOf = ({ kind }: StoreError): number => ({ mismatch: 409, invalid: 400, other: 500 })[kind];

function save(sidecar: KnownSidecar, body: unknown): SidecarAnswer {
  if (!Array.isArray(body))
    return failure(400, MALFORMED, `json: cannot unmarshal ${kindOf(body)} into Go value of type []state.SetRequest`);
  const requests = body.map((one) => asObject(one) ?? {});
  const typed = requests.find(({ etag }) => etag !== undefined && typeof etag !== 'string');
  if (typed)
    return failure(
      400,
      MALFORMED,
      `json: cannot unmarshal ${kindOf(typed.etag)} into Go struct field SetRequest.etag of type string`,
    );
  if (requests.some(({ key }) => !key)) return failure(400, MALFORMED, '"key" is a required field');
  const keys = requests.map(({ key }) => String(key));
  const refused = refusedKey(sidecar, keys);
  if (refused) return refused;
  // Several are written side by side, each for itself; the first refusal is told.
  const said = requests.map((request) =>
    attempt(
      () => sidecar.store.apply(operationOf(sidecar, 'upsert', request)),
      (error) =>
        failure(
          statusOf(error),
          'ERR_STATE_SAVE',
          `failed saving state in state store ${storeOf(sidecar)}: ${error.message}`,
        ),
    ),
  );
  return said.find(({ status }) => status !== 204) ?? empty();
}

function remove(sidecar: KnownSidecar, call: Call, key: string, query: URLSearchParams): SidecarAnswer {
  const refused = refusedKey(sidecar, [key]);
  if (refused) return refused;
  const match = Object.entries(call.headers).find(([name]) => name.toLowerCase() === 'if-match')?.[1];
  const request = { key, etag: match, options: { concurrency: query.get('concurrency') ?? undefined } };
  return attempt(
    () => sidecar.store.apply(operationOf(sidecar, 'delete', request)),
    (error) => failure(statusOf(error), 'ERR_STATE_DELETE', `failed deleting state with key ${key}: ${error.message}`),
  );
}
