import { Metadata, type StatusObject, status } from '@grpc/grpc-js';
import { encoderOf } from './definitions.ts';
import { STATUS } from './protocols.ts';

/** A refusal as the gateway gives it over HTTP. */
export interface Refusal {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  /** The problem of RFC 9457, as JSON. */
  readonly body: Buffer;
}

const CODES: Readonly<Record<number, status>> = {
  400: status.INVALID_ARGUMENT,
  401: status.UNAUTHENTICATED,
  403: status.PERMISSION_DENIED,
  404: status.NOT_FOUND,
  405: status.UNIMPLEMENTED,
  408: status.DEADLINE_EXCEEDED,
  409: status.ABORTED,
  412: status.FAILED_PRECONDITION,
  413: status.RESOURCE_EXHAUSTED,
  414: status.INVALID_ARGUMENT,
  415: status.INVALID_ARGUMENT,
  422: status.FAILED_PRECONDITION,
  429: status.RESOURCE_EXHAUSTED,
  431: status.RESOURCE_EXHAUSTED,
  500: status.INTERNAL,
  501: status.UNIMPLEMENTED,
  503: status.UNAVAILABLE,
  504: status.DEADLINE_EXCEEDED,
};

/** The code of gRPC for a status of HTTP; a POST that contradicts what there is finds that it exists already. */
const codeOf = (httpStatus: number, method: string): status =>
  httpStatus === 409 && method === 'POST' ? status.ALREADY_EXISTS : (CODES[httpStatus] ?? status.UNKNOWN);

/** Clients take 8 kB of metadata: a longer problem goes without its list of fields, which are in its detail. */
const LONGEST = 4_096;
const TEXT_LENGTH = 1_000;

interface Problem {
  readonly detail?: string;
  readonly errors?: readonly { readonly field: string; readonly message: string }[];
}

const encode = encoderOf(STATUS);
const any = (name: string, fields: object): object => ({
  type_url: `type.googleapis.com/google.rpc.${name}`,
  value: encode(`google.rpc.${name}`, fields),
});

/** At most so many characters, and no half of one: a header cannot have that. */
const short = (text: string): string => Buffer.from(text.slice(0, TEXT_LENGTH)).toString();

/** Trailers that have both words for it: google.rpc.Status for clients of gRPC, and the problem as HTTP has it. */
export function statusOf({ status: httpStatus, headers, body }: Refusal, method: string): StatusObject {
  const problem = problemIn(body);
  const code = codeOf(httpStatus, method);
  const details = short(problem.detail ?? `It was answered with ${httpStatus}.`);
  const metadata = new Metadata();
  for (const name of ['x-request-id', 'retry-after', 'www-authenticate']) {
    const value = headers[name];
    if (typeof value === 'string') metadata.set(name, value);
  }
  const seconds = Number(headers['retry-after'] ?? 0);
  const fields = problem.errors
    ?.slice(0, 20)
    .map((one) => ({ field: short(one.field), description: short(one.message) }));
  const more = [
    ...(seconds > 0 ? [any('RetryInfo', { retry_delay: { seconds } })] : []),
    ...(fields ? [any('BadRequest', { field_violations: fields })] : []),
  ];
  const rich = encode('google.rpc.Status', { code, message: details, details: more });
  if (rich.length <= LONGEST) metadata.set('grpc-status-details-bin', rich);
  const whole =
    body.length <= LONGEST ? body : Buffer.from(JSON.stringify({ ...problem, detail: details, errors: undefined }));
  metadata.set('problem-bin', whole);
  return { code, details, metadata };
}

function problemIn(body: Buffer): Problem {
  try {
    return JSON.parse(body.toString()) as Problem;
  } catch {
    return {};
  }
}
