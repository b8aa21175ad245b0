/**
 * Sync and page tokens, written and read in this file alone.
 *
 *   s<pos>             of /sync: everything up to this position of the node's log has been told
 *   s<pos>_<toDevice>  the same, but the answer had no place for all messages to the device: this was the last of them
 *   t<pos>             of a page of a room's history: between this position and the next (negative for what was fetched later)
 */
import { z } from 'zod'
import type { Context } from '../context.ts'
import { invalidParam } from '../errors.ts'

export const syncToken = (pos: number, toDevice = pos): string =>
  toDevice < pos ? `s${pos}_${toDevice}` : `s${pos}`

/** @throws M_INVALID_PARAM */
export function readSyncToken(token: string): { pos: number; toDevice: number } {
  const match = /^s(\d{1,15})(?:_(\d{1,15}))?$/.exec(token)
  if (!match) throw invalidParam('since: is not a token this server gave.')
  const pos = Number(match[1])
  return { pos, toDevice: Math.min(pos, Number(match[2] ?? pos)) }
}

/** The position of the log that a token stands for. @throws M_INVALID_PARAM */
export const parseSyncToken = (token: string): number => readSyncToken(token).pos

/** Whether messages to the device wait that the answer with this token had no place for. */
export const isPartial = (token: string): boolean => token.includes('_')

/**
 * Refuses a token from the future: made up, or from before an older copy of the database was put back. A client that
 * waited with it would miss what happens until the log gets there.
 * @throws M_INVALID_PARAM
 */
export function checkGiven(ctx: Pick<Context, 'stream'>, token: string): void {
  if (parseSyncToken(token) > ctx.stream.stable) throw invalidParam('since: is not a token this server gave.')
}

export const pageToken = (pos: number): string => `t${pos}`

/** Where a page token was given a sync token may stand as well: the position of either. */
export const positionSchema = z.string().transform((token, check) => {
  const match = /^(?:t(-?\d{1,15})|s(\d{1,15})(?:_\d{1,15})?)$/.exec(token)
  if (match) return Number(match[1] ?? match[2])
  check.addIssue('must be a token this server gave')
  return z.NEVER
})
