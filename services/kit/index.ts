/** The public surface of the kit: services import from here (pure code from domain/index.ts), and nothing else of it. */
export { ANSWERED_BY, calleeUnavailable, Sidecar } from './dapr/sidecar.ts';
export { httpTransport, type SidecarAnswer, type SidecarRequest, type Transport } from './dapr/transport.ts';
export * from './domain/index.ts';
export * from './errors.ts';
export { checked, jsonBody, parseBody, parsePatch, parseQuery, queryOf } from './http/body.ts';
export { commandOf, idOf } from './http/command.ts';
export { concurrencyLimit } from './http/concurrency-limit.ts';
export { isGone, pause, traced, whenOver } from './http/context.ts';
export { readable, readableView, soughtValue, type Verbs, writable } from './http/crud.ts';
export { notFound } from './http/not-found.ts';
export { operation } from './http/operation.ts';
export { type Paging, pagingOf } from './http/paging.ts';
export { asProblem, Problem, problemBody, problemOf, sendProblem } from './http/problem.ts';
export { baseOf, Hal, ifMatch, type Resource, sendCreated, sendItem, shown } from './http/resource.ts';
export { BEHIND_SIDECAR, httpServer, type ServerSettings } from './http/server.ts';
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
export { batchByKey } from './persistence/keyed-mutex.ts';
export {
  byId,
  byKey,
  type Command,
  type Decide,
  keyPart,
  naturalKey,
  type Outcome,
  type Page,
  type PageRequest,
  Records,
  type Ref,
  type Steps,
} from './persistence/records.ts';
export type { Clock } from './runtime/clock.ts';
export { type Context, realContext } from './runtime/context.ts';
export { main, portFrom, type Served, serve } from './runtime/serve.ts';
export { type App, assemble, type Kit, run, type Service, service } from './runtime/service.ts';
export { count, declare } from './telemetry/metrics.ts';
export {
  continueTrace,
  correlationId,
  log,
  readSignal,
  reason,
  requestId,
  requestSignal,
  trace,
  withTrace,
} from './telemetry/telemetry.ts';
export { type Facts, from, type View, view } from './views/view.ts';
