/** Run by the crash test in a process of its own, which is then killed: uses codes, and says each that was accepted. */
import { startTestNode } from '../node.ts'
import { addTotp, codeOf, secondStep, stepOf } from '../sign-in.ts'

let skew = 0
const node = await startTestNode(
  {},
  {
    dataDir: process.argv[2]!,
    overrides: { clock: () => ({ now: () => Date.now() + skew, monotonic: () => performance.now() }) },
  },
)
const say = (line: Record<string, unknown>) => process.stdout.write(`${JSON.stringify(line)}\n`)
const { secret, code, codes } = await addTotp(node, await node.register('ana'))
say({ secret })
say({ used: code })
const enter = async (proof: Record<string, unknown>) =>
  (await secondStep(node, stepOf(await node.login('ana')).session, proof)).status === 200

// From both ends: the paper's first five, and a code of the app for each.
for (const recovery_code of codes.slice(0, 5)) {
  if (await enter({ recovery_code })) say({ paper: recovery_code })
  skew += 30_000
  const next = codeOf(secret, node.ctx.clock.now())
  if (await enter({ code: next })) say({ used: next, at: node.ctx.clock.now() })
}
say({ left: codes.slice(5) })
setInterval(() => {}, 1_000)
