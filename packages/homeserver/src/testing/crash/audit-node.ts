/** Run by the crash test in a process of its own, which is then killed: writes to the audit log as fast as it can, and says what was kept. */
import { startTestNode } from '../node.ts'

const node = await startTestNode({}, { dataDir: process.argv[2]! })
let next = 0
async function flood(): Promise<void> {
  for (;;) {
    next += 1
    const index = next
    void node.ctx.audit.refusedSignIn({ network: '10.0.0.0/24', why: 'password' })
    await node.ctx.audit.record({ act: 'session.start', by: '@ana:hn.example', facts: { index } })
    process.stdout.write(`${index}\n`)
  }
}
await Promise.all(Array.from({ length: 50 }, flood))
