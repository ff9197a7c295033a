import type { handleBidiStreamingCall, UntypedServiceImplementation } from '@grpc/grpc-js';
import type { PackageDefinition } from '@grpc/proto-loader';
import { ReflectionV1Implementation } from '@grpc/reflection/build/src/implementations/reflection-v1.js';

type Asked = Parameters<ReflectionV1Implementation['handleServerReflectionRequest']>[0];
type Answer = ReturnType<ReflectionV1Implementation['handleServerReflectionRequest']>;

/**
 * What a client learns of these packages. The library's own way to serve it reads files beside it, which a bundle has not;
 * what it answers is the library's.
 */
export function reflection(definitions: PackageDefinition): UntypedServiceImplementation {
  const known = new ReflectionV1Implementation(definitions);
  const ServerReflectionInfo: handleBidiStreamingCall<Asked, Answer> = (call) => {
    call.on('data', (asked: Asked) => {
      call.write(known.handleServerReflectionRequest(asked));
    });
    call.on('end', () => call.end());
    call.on('error', () => undefined);
  };
  return { ServerReflectionInfo };
}
