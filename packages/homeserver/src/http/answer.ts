/** How a request is answered: JSON, and what a caller is told of an error. */
import type { ServerResponse } from 'node:http'
import type { ErrorRequestHandler } from 'express'
import type { Context } from '../context.ts'
import { badJson, MatrixError } from '../errors.ts'
import { currentRequest } from '../observe/request-scope.ts'

export function sendJson(res: ServerResponse, status: number, value: unknown): void {
  res.statusCode = status
  res.setHeader('Content-Type', 'application/json')
  res.end(JSON.stringify(value))
}

/** An error as a caller may know it. */
export class Refusal extends Error {
  readonly status: number
  readonly body: Record<string, unknown>

  constructor(status: number, body: Record<string, unknown>) {
    super('refused')
    this.name = 'Refusal'
    this.status = status
    this.body = body
  }
}

/** What the caller is told, with the request's id: of a fault of ours no detail, which is logged instead. */
export function refusalOf(ctx: Context, error: unknown): Refusal {
  if (error instanceof Refusal) return error
  const scope = currentRequest()
  const id = scope ? { 'org.enlace.request_id': scope.id } : {}
  const known = error instanceof URIError ? badJson('The path is not valid UTF-8.') : error
  if (known instanceof MatrixError) return new Refusal(known.status, { ...known.toJSON(), ...id })
  ctx.log.error({ err: error, route: scope?.route }, 'request failed')
  return new Refusal(500, {
    errcode: 'M_UNKNOWN',
    error:
      'Algo falló en el servidor. Intente de nuevo en un momento. / Something went wrong on the server. Try again in a moment.',
    ...id,
  })
}

/** The same as status and body, for what is not answered over HTTP. */
export function answerOf(ctx: Context, error: unknown): { status: number; body: Record<string, unknown> } {
  const { status, body } = refusalOf(ctx, error)
  return { status, body }
}

export function errorHandler(ctx: Context): ErrorRequestHandler {
  return (error: unknown, req, res, next) => {
    if (res.headersSent) return next(error)
    // An oversize body is not read to the end: close instead of letting the rest arrive.
    if (!req.complete) res.setHeader('Connection', 'close')
    const refusal = refusalOf(ctx, error)
    const wait = refusal.body['retry_after_ms']
    // Client-server API, "Rate limiting": the header is what newer clients read.
    if (typeof wait === 'number') res.setHeader('Retry-After', String(Math.ceil(wait / 1000)))
    sendJson(res, refusal.status, refusal.body)
  }
}
