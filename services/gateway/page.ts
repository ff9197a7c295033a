import { createHash } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { brotliCompressSync, gzipSync } from 'node:zlib';

/** The files of a system's page by name, as the build put them into the gateway. */
export type PageFiles = Readonly<Record<string, string>>;

/** What the page answers, before anything else is added. */
export interface PageAnswer {
  readonly status: 200 | 304;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: Buffer;
}

interface Variant {
  readonly etag: string;
  readonly body: Buffer;
  /** Content coding; none for the file as it is. */
  readonly coding?: 'br' | 'gzip';
}

interface File {
  readonly headers: Readonly<Record<string, string>>;
  /** The smallest first. */
  readonly variants: readonly Variant[];
}

const PLACE = '/app/';
const TYPES: Readonly<Record<string, string>> = {
  css: 'text/css; charset=utf-8',
  html: 'text/html; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
  json: 'application/json; charset=utf-8',
  svg: 'image/svg+xml',
};
/** The build names what it makes by its content: such a file never changes. */
const HASHED = /-[A-Z\d]{8}\.\w+$/;

/** What a page needs to sign people in: authorization code with PKCE, at an authorization server that it may ask. */
export interface SignIn {
  readonly issuer: string;
  readonly client: string;
  readonly scope: string;
}

/** Nothing but our own files, nothing inline, nothing evaluated, in nobody's frame; text never becomes markup. */
const policyOf = (signIn: SignIn | undefined): string =>
  [
    "default-src 'none'",
    ...['script', 'style', 'img'].map((kind) => `${kind}-src 'self'`),
    ['connect-src', "'self'", signIn ? new URL(signIn.issuer).origin : ''].join(' ').trim(),
    ...['base-uri', 'form-action', 'frame-ancestors'].map((kind) => `${kind} 'none'`),
    "require-trusted-types-for 'script'",
    "trusted-types 'none'",
  ].join('; ');

const PROTECTION = {
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'origin-agent-cluster': '?1',
  'permissions-policy': 'camera=(), geolocation=(), microphone=(), payment=(), usb=()',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'x-dns-prefetch-control': 'off',
  'x-frame-options': 'DENY',
  'x-permitted-cross-domain-policies': 'none',
};

/** The page for the people of a system, under /app/: read and compressed once, then answered from memory. */
export class Page {
  private readonly files: ReadonlyMap<string, File>;

  /** @param signIn how people sign in; undefined: nobody does */
  constructor(files: PageFiles, signIn?: SignIn) {
    const all = signIn ? { ...files, 'sign-in.json': JSON.stringify(signIn) } : files;
    const policy = policyOf(signIn);
    this.files = new Map(Object.entries(all).map(([name, text]) => [PLACE + name, fileOf(name, text, policy)]));
  }

  /** The file at a path, in the smallest form the client takes; undefined: there is none. */
  at(path: string, headers: IncomingHttpHeaders): PageAnswer | undefined {
    const file = this.files.get(path === PLACE ? `${PLACE}index.html` : path);
    if (!file) return undefined;
    const accepted = String(headers['accept-encoding'] ?? '');
    const { etag, body, coding } = file.variants.find((one) => !one.coding || accepts(accepted, one.coding))!;
    const known: readonly string[] = headers['if-none-match']?.match(/\*|"[^"]*"/g) ?? [];
    const common = { ...file.headers, etag };
    if (known.includes(etag) || known.includes('*')) return { status: 304, headers: common };
    return { status: 200, headers: { ...common, ...(coding ? { 'content-encoding': coding } : {}) }, body };
  }
}

/** Where the page is. Without a prefix that is known the address stays relative: a proxy may have cut one off. */
export const placeOf = (base: string): string => (new URL(base).pathname === '/' ? '.' : base) + PLACE;

/** A browser that a person has pointed here; programs ask for JSON, or for anything. */
export const isBrowser = ({ accept = '' }: IncomingHttpHeaders): boolean =>
  /\btext\/html\b/.test(accept) && !/\bapplication\/(?:[\w.]+\+)?json\b/.test(accept);

function fileOf(name: string, text: string, policy: string): File {
  const plain = Buffer.from(text);
  const hash = createHash('sha256').update(plain).digest('base64url').slice(0, 27);
  const variants: Variant[] = [
    { coding: 'br', etag: `"${hash}-br"`, body: brotliCompressSync(plain) },
    { coding: 'gzip', etag: `"${hash}-gzip"`, body: gzipSync(plain, { level: 9 }) },
    { etag: `"${hash}"`, body: plain },
  ];
  return {
    headers: {
      'content-type': TYPES[name.split('.').at(-1) ?? ''] ?? 'application/octet-stream',
      'cache-control': HASHED.test(name) ? 'public, max-age=31536000, immutable' : 'no-cache',
      vary: 'Accept-Encoding, Origin',
      'content-security-policy': policy,
      ...PROTECTION,
    },
    variants,
  };
}

const accepts = (header: string, coding: string): boolean =>
  header.split(',').some((one) => {
    const [name = '', ...terms] = one.split(';').map((part) => part.trim().toLowerCase());
    return name === coding && !terms.some((term) => /^q=0(?:\.0{0,3})?$/.test(term));
  });
