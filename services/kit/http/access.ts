/** Something that is the caller's own: a field of it names him. Read by the gateway, where it asks for tokens. */
export interface Own {
  /** The field that names whose it is; the same in what is read, sent and sought. */
  readonly own: string;
  /**
   * Where it stands, if not in the record that the path names: the public path of another record or of a search, with
   * `{name}` for parts of the path or fields of the body.
   */
  readonly of?: string;
  /** Fields of a body that is anybody's. */
  readonly unless?: Readonly<Record<string, string>>;
}

/**
 * Who may do it: by role, all of it, or what is their own. `everyone` is whoever is signed in. An operator may do everything;
 * where nothing is said, nobody else may do anything.
 */
export type Access = Readonly<Record<string, 'all' | Own>>;
