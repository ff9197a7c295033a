import { fromJSON, Long, type PackageDefinition, type ServiceDefinition } from '@grpc/proto-loader';
import protobuf from 'protobufjs';

// In a bundle it does not find the library by itself, and whole numbers above 2^53 would not be exact.
protobuf.util.Long = Long;
protobuf.configure();

/** Field names stay as they are written; int64 comes as text; what is not set is not there. */
const AS_WRITTEN = { keepCase: true, longs: String, enums: String } as const;

/** gRPC's own messages are read by a library that has them in camel case. */
const IN_CAMEL_CASE = { keepCase: false, oneofs: true, enums: String } as const;

function rootOf(text: string, keepCase = true): protobuf.Root {
  const { root } = protobuf.parse(text, { keepCase });
  root.resolveAll();
  return root;
}

/** What a .proto defines. */
export const packageOf = (text: string, isOurs = true): PackageDefinition =>
  fromJSON(rootOf(text, isOurs).toJSON(), isOurs ? AS_WRITTEN : IN_CAMEL_CASE);

/** One service of a package, by its full name. */
export function serviceIn(definitions: PackageDefinition, name: string): ServiceDefinition {
  const found = definitions[name];
  if (!found || 'format' in found) throw new Error(`There is no service ${name}.`);
  return found;
}

/** Encodes a message of a .proto. */
export function encoderOf(text: string): (name: string, fields: object) => Buffer {
  const root = rootOf(text);
  return (name, fields) => {
    const type = root.lookupType(name);
    return Buffer.from(type.encode(type.fromObject(fields)).finish());
  };
}
