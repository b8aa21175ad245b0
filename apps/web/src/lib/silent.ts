import { type Logger, logger as sdkLogger } from 'matrix-js-sdk/lib/logger.js'

const nothing = () => undefined

/** The SDK logs a great deal, some of it about keys: none of it belongs in a console that others may see. */
export const silent: Logger = {
  trace: nothing,
  debug: nothing,
  info: nothing,
  warn: nothing,
  error: nothing,
  getChild: () => silent,
}

// Parts of it ignore the logger they are given and use their own.
const ownLogger = sdkLogger as unknown as { methodFactory(): typeof nothing; rebuild(): void }
ownLogger.methodFactory = () => nothing
ownLogger.rebuild()
