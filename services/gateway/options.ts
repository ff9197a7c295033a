import type { Context, Transport } from '../kit/index.ts';
import type { Admission } from './admission.ts';
import type { Following } from './following.ts';
import type { Limits } from './limits.ts';
import type { PageFiles, SignIn } from './page.ts';
import type { PublicBase } from './public-base.ts';
import { SETTINGS, type Settings } from './settings.ts';

/** What a gateway may be given beside its sidecar. */
export interface Options {
  /** Decides who is let in, who may then do what the document says; without it, everybody may do everything. */
  readonly admission?: Admission | undefined;
  readonly outside?: PublicBase | undefined;
  /** Its own way to the sidecar, so that nobody who asks whether it is ready waits behind clients. */
  readonly probe?: Transport | undefined;
  readonly limits?: Partial<Limits> | undefined;
  /** The configuration, which it follows. */
  readonly following?: Pick<Following, 'settings' | 'isConfigurationChange'> | undefined;
  /** The OpenAPI document of the system, for GET /openapi.json. */
  readonly document?: object | undefined;
  /** The page for people, under /app/. */
  readonly page?: PageFiles | undefined;
  /** How people sign in to it. */
  readonly signIn?: SignIn | undefined;
  /** Time and chance; those of the machine where nothing is said. */
  readonly context?: Context | undefined;
}

/** What the configuration says at this moment. */
export const settingsOf = ({ following }: Options): Settings => following?.settings ?? SETTINGS;
