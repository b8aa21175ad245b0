import { type Logger, pino } from 'pino'

export type { Logger }

/** Structured logs on stdout. Secrets never get in: these paths are removed wherever they appear. */
export function createLogger(level: string, serverName: string): Logger {
  return pino({
    level,
    base: { server: serverName },
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
  })
}
