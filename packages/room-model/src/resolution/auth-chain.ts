import type { Pdu } from '../pdu.ts'

/** Event IDs by `stateKeyOf(type, stateKey)`. */
export type StateMap = ReadonlyMap<string, string>
/** Undefined: the event is not known, or rejected; resolution goes on as if nobody had named it. */
export type GetEvent = (id: string) => Pdu | undefined

/** The auth events of the given events, theirs, and so on; the given events only where another leads to them. */
export function authChainOf(ids: Iterable<string>, getEvent: GetEvent): Set<string> {
  return extendAuthChain(new Set(), ids, getEvent)
}

/** What the auth chain of `ids` adds to a chain already walked. A stack of our own: chains outgrow the call stack. */
export function extendAuthChain(
  walked: ReadonlySet<string>,
  ids: Iterable<string>,
  getEvent: GetEvent,
): Set<string> {
  const added = new Set<string>()
  const stack: string[] = []
  for (const id of ids) for (const auth of getEvent(id)?.auth_events ?? []) stack.push(auth)
  for (let id = stack.pop(); id !== undefined; id = stack.pop()) {
    if (added.has(id) || walked.has(id)) continue
    const pdu = getEvent(id)
    if (pdu === undefined) continue
    added.add(id)
    for (const auth of pdu.auth_events) stack.push(auth)
  }
  return added
}
