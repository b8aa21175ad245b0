/** Random rooms resolved by Synapse's own code and by ours: state resolution and the rules, thousands of forks. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type RoomVersionId, resolveState, roomVersion } from '../../packages/room-model/src/index.ts'
import { anyStep, growDag } from '../../packages/room-model/src/testing/dag.ts'
import { interop, withoutSynapse } from './synapse.ts'

const RUNS = Number(process.env['ENLACE_RUNS'] ?? 150)

type State = ReadonlyMap<string, string>
const entries = (state: State) =>
  [...state].map(([key, id]) => [...key.split('\u0000'), id] as [string, string, string]).sort()

let oracle: ChildProcess
let answers: AsyncIterator<string>

async function ask(question: unknown): Promise<unknown> {
  oracle.stdin!.write(`${JSON.stringify(question)}\n`)
  const { value, done } = await answers.next()
  if (done) throw new Error('Synapse’s resolution ended.')
  return JSON.parse(value)
}

describe.skipIf(withoutSynapse)(interop('State resolution beside Synapse'), () => {
  beforeAll(() => {
    const script = fileURLToPath(new URL('./resolve.py', import.meta.url))
    oracle = spawn(process.env['ENLACE_SYNAPSE']!, [script], { stdio: ['pipe', 'pipe', 'inherit'] })
    answers = createInterface({ input: oracle.stdout! })[Symbol.asyncIterator]()
  })
  afterAll(async () => {
    oracle?.stdin?.end()
    if (oracle && oracle.exitCode === null) await once(oracle, 'exit')
  })

  test.each<RoomVersionId>(['10', '11', '12'])('version %s', async (id) => {
    const v = roomVersion(id)!
    await fc.assert(
      fc.asyncProperty(
        fc.array(anyStep, { minLength: 10, maxLength: 60 }),
        fc.array(fc.tuple(fc.nat(), fc.nat(), fc.nat()), { minLength: 4, maxLength: 4 }),
        async (steps, picks) => {
          const { room, ids, stateAfter } = growDag(v, steps)
          const events = Object.fromEntries(room.events)
          for (const pick of picks) {
            const sets = pick.map((one) => stateAfter.get(ids[one % ids.length]!)!)
            const theirs = await ask({ version: id, room: room.roomId, events, sets: sets.map(entries) })
            expect(entries(resolveState(v, sets, room.get))).toEqual(theirs)
          }
        },
      ),
      { numRuns: RUNS },
    )
  })
})
