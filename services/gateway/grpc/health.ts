import type { handleServerStreamingCall, handleUnaryCall, UntypedServiceImplementation } from '@grpc/grpc-js';
import { status } from '@grpc/grpc-js';

const LOOK_MS = 1_000;

interface Asked {
  readonly service?: string;
}
interface Health {
  readonly status: 'SERVING' | 'NOT_SERVING' | 'SERVICE_UNKNOWN';
}

/**
 * gRPC's health service: the gateway serves when its sidecar works, and so do all its services.
 * @param known full names of the services; the empty name is the server
 * @param isReady asks the gateway
 */
export function health(known: ReadonlySet<string>, isReady: () => Promise<boolean>): UntypedServiceImplementation {
  const now = async (): Promise<Health> => ({ status: (await isReady()) ? 'SERVING' : 'NOT_SERVING' });
  const isKnown = (service = ''): boolean => service === '' || known.has(service);
  const Check: handleUnaryCall<Asked, Health> = ({ request }, answer) => {
    if (isKnown(request.service)) void now().then((current) => answer(null, current));
    else answer({ code: status.NOT_FOUND, details: `There is no service ${request.service}.` });
  };
  const Watch: handleServerStreamingCall<Asked, Health> = (call) => {
    let last: Health['status'] | undefined;
    const report = (reported: Health): void => {
      if (reported.status === last || call.cancelled) return;
      last = reported.status;
      call.write(reported);
    };
    if (!isKnown(call.request.service)) return report({ status: 'SERVICE_UNKNOWN' });
    const looking = setInterval(() => void now().then(report), LOOK_MS).unref();
    call.once('cancelled', () => clearInterval(looking));
    void now().then(report);
  };
  return { Check, Watch };
}
