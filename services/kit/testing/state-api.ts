import type { SidecarAnswer } from '../dapr/transport.ts';
import { answers, detailedFailure, empty, failure, json } from './answers.ts';
import { asObject, parsed, throughSidecar } from './json.ts';
import type { Call, MemorySidecar } from './sidecar.ts';
import { type StateOperation, StoreError } from './store.ts';

/** `/v1.0/state/<store>...` */
export function stateApi(
  sidecar: MemorySidecar,
  call: Call,
  rest: readonly string[],
  query: URLSearchParams,
): SidecarAnswer {
  const [name = '', what] = rest;
  if (name !== `${sidecar.system}-state`)
    return detailedFailure(400, 'ERR_STATE_STORE_NOT_FOUND', `state store ${name} is not found`, []);
  if (call.method === 'GET') return get(sidecar, name, what ?? '');
  if (call.method === 'DELETE') return remove(sidecar, call, what ?? '', query);
  const body = parsed(call.body);
  if (body === undefined) return malformed('invalid character looking for beginning of value');
  if (what === 'bulk') return bulkGet(sidecar, name, asObject(body));
  if (what === 'transaction') return transaction(sidecar, name, asObject(body));
  return what === undefined ? save(sidecar, name, body) : failure(404, 'ERR_METHOD_NOT_FOUND', 'not found');
}

const malformed = (reason: string): SidecarAnswer =>
  failure(400, 'ERR_MALFORMED_REQUEST', `failed deserializing HTTP body: ${reason}`);

const keyOf = (sidecar: MemorySidecar, key: string): string => `${sidecar.appId}||${key}`;

/** The separator of prefix and key must not be in a key. */
function refusedKey(store: string, keys: readonly string[]): SidecarAnswer | undefined {
  const bad = keys.find((key) => key.includes('||'));
  if (bad === undefined) return undefined;
  const message = `input key/keyPrefix '${bad}' can't contain '||'`;
  return detailedFailure(400, 'ERR_MALFORMED_REQUEST', message, [
    {
      '@type': 'type.googleapis.com/google.rpc.ErrorInfo',
      domain: 'dapr.io',
      metadata: null,
      reason: 'DAPR_STATE_ILLEGAL_KEY',
    },
    {
      '@type': 'type.googleapis.com/google.rpc.ResourceInfo',
      description: '',
      owner: '',
      resource_name: store,
      resource_type: 'state',
    },
    { '@type': 'type.googleapis.com/google.rpc.BadRequest', field_violations: [{ field: bad, description: message }] },
  ]);
}

function get(sidecar: MemorySidecar, store: string, key: string): SidecarAnswer {
  const refused = refusedKey(store, [key]);
  if (refused) return refused;
  const row = sidecar.store.get(keyOf(sidecar, key));
  if (!row) return empty();
  return { status: 200, headers: { 'content-type': 'application/json', etag: row.etag }, body: Buffer.from(row.value) };
}

function bulkGet(sidecar: MemorySidecar, store: string, body: Record<string, unknown> | undefined): SidecarAnswer {
  const keys = Array.isArray(body?.keys) ? body.keys.map(String) : [];
  const refused = refusedKey(store, keys);
  if (refused) return refused;
  const prefix = keyOf(sidecar, '').length;
  const items = sidecar.store.bulkGet(keys.map((key) => keyOf(sidecar, key))).map(({ key, row }) => ({
    key: key.slice(prefix),
    ...(row ? { data: JSON.parse(row.value) as unknown, etag: row.etag } : {}),
  }));
  return json(200, items);
}

function operationOf(sidecar: MemorySidecar, operation: string, request: Record<string, unknown>): StateOperation {
  const ttl = Number(asObject(request.metadata)?.ttlInSeconds);
  return {
    operation: operation === 'delete' ? 'delete' : 'upsert',
    key: keyOf(sidecar, String(request.key ?? '')),
    value: throughSidecar(request.value),
    etag: typeof request.etag === 'string' ? request.etag : undefined,
    firstWrite: asObject(request.options)?.concurrency === 'first-write',
    ttlSeconds: Number.isInteger(ttl) ? ttl : undefined,
  };
}

function transaction(sidecar: MemorySidecar, store: string, body: Record<string, unknown> | undefined): SidecarAnswer {
  const asked = Array.isArray(body?.operations) ? body.operations.map((one) => asObject(one) ?? {}) : [];
  if (asked.length === 0) return empty();
  const operations: StateOperation[] = [];
  for (const { operation, request } of asked) {
    if (operation !== 'upsert' && operation !== 'delete')
      return failure(400, 'ERR_NOT_SUPPORTED_STATE_OPERATION', `operation type ${String(operation)} not supported`);
    const fields = asObject(request) ?? {};
    if (fields.etag !== undefined && typeof fields.etag !== 'string')
      return malformed(`1 error(s) decoding:\n\n* 'ETag' expected type 'string', got unconvertible type`);
    const refused = refusedKey(store, [String(fields.key ?? '')]);
    if (refused) return refused;
    operations.push(operationOf(sidecar, operation, fields));
  }
  try {
    sidecar.store.transact(operations);
    return empty();
  } catch (error) {
    if (error instanceof StoreError) return answers.transactionFailed(error.message);
    throw error;
  }
}

const statusOf = (error: StoreError): number => ({ mismatch: 409, invalid: 400, other: 500 })[error.kind];

function save(sidecar: MemorySidecar, store: string, body: unknown): SidecarAnswer {
  if (!Array.isArray(body))
    return failure(400, 'ERR_MALFORMED_REQUEST', 'json: cannot unmarshal into Go value of type []state.SetRequest');
  const requests = body.map((one) => asObject(one) ?? {});
  if (requests.some(({ key }) => !key)) return failure(400, 'ERR_MALFORMED_REQUEST', '"key" is a required field');
  const refused = refusedKey(
    store,
    requests.map(({ key }) => String(key)),
  );
  if (refused) return refused;
  for (const request of requests) {
    try {
      sidecar.store.apply(operationOf(sidecar, 'upsert', request));
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
      return failure(
        statusOf(error),
        'ERR_STATE_SAVE',
        `failed saving state in state store ${store}: ${error.message}`,
      );
    }
  }
  return empty();
}

function remove(sidecar: MemorySidecar, call: Call, key: string, query: URLSearchParams): SidecarAnswer {
  const refused = refusedKey(`${sidecar.system}-state`, [key]);
  if (refused) return refused;
  const match = Object.entries(call.headers).find(([name]) => name.toLowerCase() === 'if-match')?.[1];
  const request = { key, etag: match, options: { concurrency: query.get('concurrency') ?? undefined } };
  try {
    sidecar.store.apply(operationOf(sidecar, 'delete', request));
    return empty();
  } catch (error) {
    if (!(error instanceof StoreError)) throw error;
    return failure(statusOf(error), 'ERR_STATE_DELETE', `failed deleting state with key ${key}: ${error.message}`);
  }
}
