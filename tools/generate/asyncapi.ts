import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { z } from 'zod';
import { DeadLetterPublished } from '../../services/kit/index.ts';
import { aggregates, consumed, type Declared, published } from '../docs/declared.ts';
import { noticed } from '../docs/notices.ts';
import { root } from '../run/paths.ts';
import { channelOf, type Described, ENVELOPES, messageOf, operationOf } from './asyncapi-parts.ts';
import { exampleOf } from './examples.ts';
import { jsonSchema, type Schema } from './schemas.ts';

type Json = Record<string, unknown>;

/** What a service sends and receives on its topics. */
interface Messages {
  readonly sent: readonly Described[];
  readonly received: readonly Described[];
  readonly deadLetter: Described;
}

const unique = (all: readonly string[]): string[] => [...new Set(all)];

/** What alert, which is Python, declares of its events in a file. */
const schemasOfAlert = async (): Promise<{ reads: Schema; sends: { DeadLetter: Schema } }> =>
  JSON.parse(await readFile(join(root, 'services/lecture/alert/event-schemas.json'), 'utf8'));

/** What all services of a system declare. */
class Declarations {
  constructor(
    private readonly system: string,
    private readonly published: readonly Declared[],
    private readonly consumed: readonly Declared[],
    private readonly kinds: readonly { readonly service: string; readonly name: string }[],
  ) {}

  /** Undefined where a service has nothing to do with events. */
  of(service: string): Messages | undefined {
    const sent = this.published.filter((event) => event.service === service);
    const received = this.consumed.filter((event) => event.service === service);
    if (sent.length + received.length === 0) return undefined;
    return {
      sent: sent.map(({ type, schema }) => this.described(type, `${this.heardBy(type)}.`, schema, service, true)),
      received: unique(received.map(({ type }) => type)).map((type) => {
        const schemas = received.filter((one) => one.type === type).map(({ schema }) => schema);
        const by = this.publisherOf(type)?.service ?? '';
        return this.described(type, `Published by ${by}.`, schemas, by, false);
      }),
      deadLetter: this.described('DeadLetter', DEAD, DeadLetterPublished.schema, service, true),
    };
  }

  /** Of a service that declares what it reads of any event, and which of them it heeds. */
  foreign(service: string, types: readonly string[], reads: Schema, deadLetter: Schema): Messages {
    const known = types.map((type) => ({ type, event: this.publisherOf(type) }));
    return {
      sent: [],
      received: known.flatMap(({ type, event }) =>
        event
          ? [
              {
                ...this.described(type, `Published by ${event.service}.`, event.schema, event.service, false),
                fields: reads,
              },
            ]
          : [],
      ),
      deadLetter: {
        ...this.described('DeadLetter', DEAD, DeadLetterPublished.schema, service, true),
        fields: deadLetter,
        isOfKit: false,
      },
    };
  }

  private described(
    type: string,
    summary: string,
    schemas: z.ZodType | z.ZodType[],
    source: string,
    isSent: boolean,
  ): Described {
    const all = [schemas].flat().map((schema) => jsonSchema(schema, isSent ? 'output' : 'input'));
    const publisher = this.publisherOf(type)?.schema ?? DeadLetterPublished.schema;
    return {
      type,
      summary,
      fields: unique(all.map((schema) => JSON.stringify(schema))).length === 1 ? all[0]! : { allOf: all },
      example: exampleOf(type, publisher),
      source: `${this.system}-${source}`,
      kind: this.kindOf(type, source),
      isSent,
      isOfKit: true,
    };
  }

  private kindOf(type: string, service: string): string {
    const own = this.kinds.filter((kind) => kind.service === service).map(({ name }) => name);
    return type === 'DeadLetter' ? type : (own.find((name) => type.startsWith(name)) ?? own[0] ?? type);
  }

  private publisherOf(type: string): Declared | undefined {
    return this.published.find((event) => event.type === type);
  }

  private heardBy(type: string): string {
    const heard = unique(this.consumed.filter((event) => event.type === type).map(({ service }) => service));
    return heard.length > 0 ? `Acted on by ${heard.join(', ')}` : 'No policy of the system acts on it';
  }
}

const DEAD = 'An event could not be handled or published; the letter itself is at /deadletters of the consumer.';

function documentOf(system: string, service: string, version: string, { sent, received, deadLetter }: Messages): Json {
  const types = (events: readonly Described[]): string[] => events.map(({ type }) => type);
  const dead = `${system}-deadletter`;
  // An event that a service sends to itself is described as it sends it.
  const all = [...new Map([...received, ...sent, deadLetter].map((event) => [event.type, event])).values()];
  const onTopic = types(all).filter((type) => type !== deadLetter.type);
  return {
    asyncapi: '3.0.0',
    info: {
      title: `Madang: ${system} ${service}`,
      description: `What ${service} of ${system} sends and receives, on Kafka or Redis streams, through its Dapr sidecar.`,
      version,
      license: { name: 'MIT' },
    },
    defaultContentType: 'application/cloudevents+json',
    channels: {
      [system]: channelOf(system, 'The topic of the system. An event may come again, and late; its id tells.', onTopic),
      [dead]: channelOf(dead, 'What could not be handled or published, by reference.', [deadLetter.type]),
    },
    operations: {
      ...(sent.length
        ? { send: operationOf('send', system, `What ${service} tells of its records.`, types(sent)) }
        : {}),
      ...(received.length
        ? {
            receive: operationOf('receive', system, `What ${service} acts on; it ignores all others.`, types(received)),
          }
        : {}),
      sendDeadLetter: operationOf('send', dead, 'Published once for each dead letter.', [deadLetter.type]),
    },
    components: {
      messages: Object.fromEntries(all.map((event) => [event.type, messageOf(event)])),
      schemas: { ...ENVELOPES, ...Object.fromEntries(all.map(({ type, fields }) => [type, fields])) },
    },
  };
}

/** The AsyncAPI 3.0 document of each service of a system that sends or receives events, by the service's name. */
export async function asyncapi(system: string, names: readonly string[], version: string): Promise<Map<string, Json>> {
  const declarations = new Declarations(
    system,
    await published(system),
    await consumed(system),
    await aggregates(system),
  );
  const documents = new Map<string, Json>();
  for (const name of names) {
    const messages = system === 'lecture' && name === 'alert' ? await alert(declarations) : declarations.of(name);
    if (messages) documents.set(name, documentOf(system, name, version, messages));
  }
  return documents;
}

async function alert(declarations: Declarations): Promise<Messages> {
  const { reads, sends } = await schemasOfAlert();
  return declarations.foreign('alert', await noticed(), reads, sends.DeadLetter);
}
