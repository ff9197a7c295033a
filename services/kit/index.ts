/** The public surface of the kit: services import from here (pure code from domain/index.ts), and nothing else of it. */
export { ANSWERED_BY, calleeUnavailable, Sidecar } from './dapr/sidecar.ts';
export { httpTransport, type SidecarAnswer, type SidecarRequest, type Transport } from './dapr/transport.ts';
export * from './domain/index.ts';
export * from './errors.ts';
export type { Access, Own } from './http/access.ts';
export { type Answer, collectionAnswer, itemAnswer, noContent, ok, rowAnswer } from './http/answer.ts';
export { ANSWERED_BYTES } from './http/answered-bytes.ts';
export { showsToken } from './http/app-token.ts';
export { checked } from './http/body.ts';
export { isGone, pause, pauseBetween, traced } from './http/context.ts';
export { readable, readableView, type Verbs, writable } from './http/crud.ts';
export { Problem, problemBody, problemOf } from './http/problem.ts';
export { REFUSALS_AS_ANSWERS, REFUSED_WITH } from './http/refusal-as-answer.ts';
export type { Names, Resource } from './http/resource.ts';
export {
  type AnswerShape,
  answers,
  type BodyOf,
  type Bulkhead,
  type Method,
  type QueryOf,
  type Route,
  type RouteSpec,
  route,
  routeFor,
} from './http/route.ts';
export { RouteContext } from './http/route-context.ts';
export { DeadLetterPublished } from './messaging/dead-letters.ts';
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
  type Outcome,
  type Page,
  type PageRequest,
  Records,
  type Ref,
  type Steps,
} from './persistence/records.ts';
export { type BreakerTerms, type CallTerms, HALF_FAILED, INTERNAL } from './runtime/call-terms.ts';
export type { Clock } from './runtime/clock.ts';
export { Configuration } from './runtime/configuration.ts';
export { type Context, realContext } from './runtime/context.ts';
export { defineService, type PublicPath, type Service } from './runtime/definition.ts';
export type { Kit } from './runtime/kit.ts';
export { startUp } from './runtime/lifecycle.ts';
export { main, portFrom, type Served, serve } from './runtime/serve.ts';
export { type App, assemble, run } from './runtime/service.ts';
export { count, declare } from './telemetry/metrics.ts';
export {
  continueTrace,
  correlationId,
  log,
  reason,
  requestId,
  requestSignal,
  trace,
  withTrace,
} from './telemetry/telemetry.ts';
export { type Facts, from, type View, view } from './views/view.ts';
