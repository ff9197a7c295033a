/** The public surface of the kit: services import from here (pure code from domain/index.ts), and nothing else of it. */
export { answerOf } from './dapr/answer.ts';
export { ANSWERED_BY, calleeUnavailable, Sidecar } from './dapr/sidecar.ts';
export { httpTransport, type SidecarAnswer, type SidecarRequest, type Transport } from './dapr/transport.ts';
export * from './domain/index.ts';
export * from './errors.ts';
export {
  asProblem,
  atOnce,
  bodyOf,
  commandOf,
  Hal,
  idOf,
  jsonBody,
  notFound,
  operation,
  Problem,
  problemOf,
  type Resource,
  readable,
  readableView,
  sendCreated,
  sendProblem,
  shown,
  traced,
  writable,
} from './http/rest.ts';
export { noteThenDo } from './messaging/note-then-do.ts';
export {
  cancel,
  change,
  create,
  createOrChange,
  type Policy,
  type Reaction,
  type Received,
  whenever,
} from './messaging/policy.ts';
export { type Command, naturalKey, Records } from './persistence/records.ts';
export { together, turns } from './persistence/turns.ts';
export { type App, assemble, type Kit, main, portFrom, run, type Service, serve, service } from './runtime/service.ts';
export { log, reason, trace } from './telemetry/telemetry.ts';
export { type Facts, from, type View, view } from './views/view.ts';
