/**
 * The end of a node in good order. What it has begun it answers; what comes after that is told to come again, when the one that
 * follows is up. Nothing is lost by it: clients repeat with the transaction id they had, partners with theirs.
 */
import type { Request, RequestHandler, Response } from 'express'

/** Of what is under way the longest wait; whatever watches over the node kills it after more (`run.ts`). */
const LONGEST_MS = 10_000
/** A restart takes seconds. */
const AGAIN_SECONDS = 3

/** They wait by themselves for what may not come; cut off, they are asked again from where they were. */
const isWaiting = ({ method, path }: Request) => method === 'GET' && /\/(?:sync|events)$/.test(path)

export type Drain = {
  /** Before everything else of an app. */
  door: RequestHandler
  /** Lets nothing more in. Settles when what is under way has been answered, or cannot be waited for. */
  start(): Promise<void>
}

export function createDrain(): Drain {
  const underWay = new Set<Response>()
  let draining = false
  let empty: (() => void) | undefined
  return {
    door(req, res, next) {
      if (draining) {
        res.setHeader('Connection', 'close')
        res.setHeader('Retry-After', String(AGAIN_SECONDS))
        // A browser hears of it only with this.
        res.setHeader('Access-Control-Allow-Origin', '*')
        res.status(503).json({
          errcode: 'M_UNKNOWN',
          error: 'This server is being restarted. Try again in a few seconds.',
          retry_after_ms: AGAIN_SECONDS * 1_000,
        })
        return
      }
      if (!isWaiting(req)) {
        underWay.add(res)
        res.once('close', () => {
          underWay.delete(res)
          if (underWay.size === 0) empty?.()
        })
      }
      next()
    },
    async start() {
      draining = true
      if (underWay.size === 0) return
      await new Promise<void>((done) => {
        empty = done
        setTimeout(done, LONGEST_MS).unref()
      })
    },
  }
}
