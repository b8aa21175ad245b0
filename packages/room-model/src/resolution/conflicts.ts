import { authChainOf, extendAuthChain, type GetEvent, type StateMap } from './auth-chain.ts'

/** The unconflicted state map, and the events of the conflicted state set ("Definitions"). */
export function splitState(sets: readonly StateMap[]): {
  unconflicted: Map<string, string>
  conflicted: Set<string>
} {
  const unconflicted = new Map<string, string>()
  const conflicted = new Set<string>()
  const [first, ...others] = sets
  for (const [key, id] of first ?? [])
    if (others.every((set) => set.get(key) === id)) unconflicted.set(key, id)
  for (const set of sets) for (const [key, id] of set) if (!unconflicted.has(key)) conflicted.add(id)
  return { unconflicted, conflicted }
}

/**
 * The full conflicted set: the conflicted state set, the auth difference and, in v2.1, the conflicted state subgraph;
 * events that are not known left out.
 */
export function fullConflictedSet(
  sets: readonly StateMap[],
  unconflicted: StateMap,
  conflicted: ReadonlySet<string>,
  getEvent: GetEvent,
  withSubgraph: boolean,
): Set<string> {
  const full = new Set<string>()
  for (const id of conflicted) if (getEvent(id)) full.add(id)
  for (const id of authDifference(sets, unconflicted, getEvent)) full.add(id)
  if (withSubgraph) for (const id of conflictedSubgraph(conflicted, getEvent)) full.add(id)
  return full
}

/**
 * The events that are not in every state's auth chain.
 * NOTSPEC: a state's own events count as in its chain, as Synapse has it. By the letter, a member who did something in one
 * branch alone would be a difference though all branches have the membership, and their act be sorted after it: servers
 * of one room would then disagree on its state.
 */
function authDifference(sets: readonly StateMap[], unconflicted: StateMap, getEvent: GetEvent): string[] {
  // What unconflicted events lead to is in every chain: walked once, not once for each state.
  const shared = authChainOf(unconflicted.values(), getEvent)
  for (const id of unconflicted.values()) shared.add(id)
  const chainsWith = new Map<string, number>()
  for (const set of sets) {
    const own: string[] = []
    for (const [key, id] of set) if (!unconflicted.has(key)) own.push(id)
    for (const id of extendAuthChain(shared, own, getEvent)) chainsWith.set(id, (chainsWith.get(id) ?? 0) + 1)
  }
  return [...chainsWith].filter(([, count]) => count < sets.length).map(([id]) => id)
}

/** The events on a path of auth events from one conflicted event to another: led to by one, and leading to one. */
function conflictedSubgraph(conflicted: ReadonlySet<string>, getEvent: GetEvent): string[] {
  const below = authChainOf(conflicted, getEvent)
  for (const id of conflicted) if (getEvent(id)) below.add(id)
  const citedBy = new Map<string, string[]>()
  for (const id of below)
    for (const auth of getEvent(id)?.auth_events ?? []) {
      const citing = citedBy.get(auth)
      if (citing) citing.push(id)
      else citedBy.set(auth, [id])
    }
  const above = new Set<string>()
  const stack = [...conflicted]
  for (let id = stack.pop(); id !== undefined; id = stack.pop()) {
    if (above.has(id)) continue
    above.add(id)
    for (const citing of citedBy.get(id) ?? []) stack.push(citing)
  }
  return [...above].filter((id) => below.has(id))
}
