import { type DestinationStream, type Logger, pino } from 'pino'
import { scopeFields } from './observe/request-scope.ts'

export type { Logger }

const MAX_CAUSES = 3
const MAX_TEXT = 500

/** Structured logs on stdout. Secrets never get in: these paths are removed wherever they appear. */
export function createLogger(level: string, serverName: string, to?: DestinationStream): Logger {
  const options = {
    level,
    base: { server: serverName },
    mixin: scopeFields,
    serializers: { err: describeError },
    redact: {
      paths: [
        'password',
        'access_token',
        'refresh_token',
        'token',
        'authorization',
        '*.password',
        '*.access_token',
        '*.refresh_token',
        '*.authorization',
      ],
      remove: true,
    },
  }
  return to ? pino(options, to) : pino(options)
}

type DescribedError = {
  type: string
  message: string
  code?: string | number
  stack?: string
  cause?: DescribedError
}

/**
 * An error as it may stand in a log: its kind, message, code and place. Whatever else libraries hang on their errors (the
 * document that was not written, the answer that was not understood) may be somebody's text, and so may parts of two messages.
 */
export function describeError(error: unknown, causes = 0): DescribedError {
  if (!(error instanceof Error))
    return { type: typeof error, message: 'something that is no error was thrown' }
  const { code, cause } = error as { code?: unknown; cause?: unknown }
  const place = error.stack?.split('\n').filter((line) => /^\s+at /.test(line))
  return {
    type: error.name,
    message: withoutContent(error),
    ...(typeof code === 'string' || typeof code === 'number' ? { code } : {}),
    ...(place?.length ? { stack: place.join('\n') } : {}),
    ...(cause instanceof Error && causes < MAX_CAUSES ? { cause: describeError(cause, causes + 1) } : {}),
  }
}

function withoutContent(error: Error): string {
  // V8 quotes the text that is not JSON; the database the key that is there twice; zod the value it did not expect.
  if (error instanceof SyntaxError) return 'text that cannot be parsed'
  const duplicate = /E11000 duplicate key error collection: \S+ index: \S+/.exec(error.message)
  if (duplicate) return duplicate[0]
  if (error.name === 'ZodError' || error.name === '$ZodError') return 'a value of another shape'
  return error.message.slice(0, MAX_TEXT)
}
