import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { run } from '../../tools/run/provision/ways.ts';

/** Where a server finds what it shows, and what its certificate is checked with. */
export interface Certificate {
  /** Files (PEM). */
  readonly key: string;
  readonly certificate: string;
  /** Key and certificate in one file. */
  readonly both: string;
}

async function openssl(...args: string[]): Promise<void> {
  const { code, output } = await run(['openssl', ...args], { limitMs: 20_000 });
  if (code !== 0) throw new Error(`openssl is needed to make certificates: ${output.split('\n').at(-1)}`);
}

const KEY = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];

/** An authority of one's own, as a company has it: nobody trusts it who was not told to. */
export class Authority {
  private constructor(
    private readonly folder: string,
    private readonly name: string,
    /** Its certificate (PEM). */
    readonly certificate: string,
  ) {}

  static async make(folder: string, name: string): Promise<Authority> {
    const at = (end: string): string => join(folder, `${name}.${end}`);
    const what = ['-x509', '-days', '2', '-subj', `/CN=${name}`, '-addext', 'basicConstraints=critical,CA:TRUE'];
    await openssl('req', ...what, ...KEY, '-keyout', at('key'), '-out', at('crt'));
    return new Authority(folder, name, await readFile(at('crt'), 'utf8'));
  }

  /** A certificate for a server that is called by this name. */
  async sign(host: string): Promise<Certificate> {
    const at = (end: string): string => join(this.folder, `${this.name}-${host}.${end}`);
    const own = (end: string): string => join(this.folder, `${this.name}.${end}`);
    await writeFile(at('extensions'), `subjectAltName=DNS:${host}\n`);
    await openssl('req', '-subj', `/CN=${host}`, ...KEY, '-keyout', at('key'), '-out', at('request'));
    const signer = ['-CA', own('crt'), '-CAkey', own('key'), '-CAcreateserial', '-extfile', at('extensions')];
    await openssl('x509', '-req', '-in', at('request'), '-days', '2', ...signer, '-out', at('crt'));
    const [key, certificate] = await Promise.all([readFile(at('key'), 'utf8'), readFile(at('crt'), 'utf8')]);
    await writeFile(at('pem'), key + certificate);
    return { key: at('key'), certificate: at('crt'), both: at('pem') };
  }
}
