import { consolePort } from '../paths.ts';
import type { Status } from '../supervisor/status.ts';

const print = (line: string) => process.stdout.write(`${line}\n`);

/** What is not as it should be: processes that do not run, services that are not ready or stand still. */
export const troubles = ({ services, infrastructure }: Status): string[] => [
  ...services.filter(({ healthy }) => !healthy).map((one) => `${one.instance} is ${one.progress ?? one.state}`),
  ...infrastructure.filter(({ state }) => state !== 'healthy').map(({ id, state }) => `${id} is ${state}`),
];

/** What runs, for a person. */
export function summary(status: Status): void {
  const cell = (text: unknown, width: number) => String(text ?? '-').padEnd(width);
  print(
    `${cell('', 22)}${cell('state', 11)}${cell('port', 7)}${cell('pid', 9)}${cell('sidecar', 9)}${cell('restarts', 10)}${cell('MiB', 8)}progress`,
  );
  for (const one of status.services)
    print(
      `${cell(one.replica === 1 ? one.appId : one.instance, 22)}${cell(one.state, 11)}${cell(one.port, 7)}${cell(one.pid, 9)}${cell(one.sidecarPid, 9)}${cell(one.restarts, 10)}${cell(one.memoryMiB, 8)}${one.progress ?? '-'}`,
    );
  for (const one of status.infrastructure)
    print(
      `${cell(one.id, 22)}${cell(one.state, 11)}${cell(one.port, 7)}${cell(one.pid, 9)}${cell('', 9)}${cell(one.restarts, 10)}${one.memoryMiB ?? '-'}`,
    );
  const inAll = [...status.services, ...status.infrastructure].reduce(
    (sum, { memoryMiB }) => sum + (memoryMiB ?? 0),
    0,
  );
  print(`${cell('in all', 68)}${inAll.toFixed(0)}`);
  for (const { system, port, grpcPort } of status.services.filter(
    ({ service, replica }) => service === 'gateway' && replica === 1,
  ))
    print(`${system}: http://localhost:${port}${grpcPort === null ? '' : `, gRPC at localhost:${grpcPort}`}`);
  if (status.console) print(`console: http://localhost:${consolePort}`);
}
