/** How a request is answered: JSON, and what a caller is told of an error. */
import type { ServerResponse } from 'node:http'
import type { ErrorRequestHandler } from 'express'
import type { Context } from '../context.ts'
import { badJson, MatrixError } from '../errors.ts'

export function sendJson(res: ServerResponse, status: number, value: unknown): void {
  res.statusCode = status
  res.setHeader('Content-Type', 'application/json')
  res.end(JSON.stringify(value))
}

/** What a client is told of an error: status and body, a 500 without its detail. */
export function answerOf(ctx: Context, error: unknown): { status: number; body: Record<string, unknown> } {
  if (error instanceof MatrixError) return { status: error.status, body: error.toJSON() }
  ctx.log.error({ err: error }, 'request failed')
  return {
    status: 500,
    body: { errcode: 'M_UNKNOWN', error: 'Something went wrong on the server. Try again in a moment.' },
  }
}

export function errorHandler(ctx: Context): ErrorRequestHandler {
  return (error: unknown, req, res, next) => {
    if (res.headersSent) return next(error)
    // An oversize body is not read to the end: close instead of letting the rest arrive.
    if (!req.complete) res.setHeader('Connection', 'close')
    if (error instanceof MatrixError) return sendJson(res, error.status, error.toJSON())
    if (error instanceof URIError) return sendJson(res, 400, badJson('The path is not valid UTF-8.').toJSON())
    ctx.log.error({ err: error, method: req.method, path: req.route?.path ?? 'unknown' }, 'request failed')
    sendJson(res, 500, {
      errcode: 'M_UNKNOWN',
      error: 'Something went wrong on the server. Try again in a moment.',
    })
  }
}
