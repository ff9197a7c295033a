import type { RequestHandler } from 'express';

/** Asked with this header, a service answers what it refuses (4xx) with 200, and the status in `REFUSED_WITH`. */
export const REFUSALS_AS_ANSWERS = 'x-refusals-as-answers';
/** The status of a refusal that was sent as an answer. */
export const REFUSED_WITH = 'x-refused-with';

/**
 * Keeps a client's mistakes from the breakers of sidecars, which count 4xx as failures of the service: enough of them would
 * keep everybody from it. Only who asks for it is answered so.
 */
export const refusalsAsAnswers: RequestHandler = (request, response, next) => {
  if (request.headers[REFUSALS_AS_ANSWERS] !== undefined) {
    const writeHead = response.writeHead.bind(response) as (status: number, ...rest: never[]) => typeof response;
    response.writeHead = (status: number, ...rest: never[]) => {
      if (status < 400 || status >= 500) return writeHead(status, ...rest);
      response.setHeader(REFUSED_WITH, status);
      writeHead(200, ...rest);
      // What is told of the command is how it ended.
      response.statusCode = status;
      return response;
    };
  }
  next();
};
