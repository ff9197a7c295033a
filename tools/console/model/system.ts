/** What the console knows of a system beforehand, also of services that do not run. */
export interface SystemModel {
  /** The services with their places on the map. */
  readonly services: readonly { readonly name: string; readonly x: number; readonly y: number }[];
  readonly width: number;
  readonly height: number;
  readonly lines: readonly MapLine[];
  readonly events: readonly { readonly type: string; readonly by: string; readonly to: readonly string[] }[];
  readonly configuration: readonly Setting[];
}

/** Who talks to whom, and the way of that line on the map, around the services. */
export interface MapLine {
  readonly kind: 'command' | 'call' | 'event';
  readonly from: string;
  readonly to: string;
  /** The types of the events, or how long an answer is waited for. */
  readonly about: string;
  /** As the `points` of SVG: `x,y x,y`. */
  readonly points: string;
}

/** A key of the ConfigMap. */
export interface Setting {
  readonly key: string;
  readonly value: string;
  /** What the ConfigMap says of it. */
  readonly about: string;
  readonly readers: readonly string[];
}

/** The models of all systems, by name. */
export type Models = Readonly<Record<string, SystemModel>>;
