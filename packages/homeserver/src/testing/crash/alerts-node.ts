/** Run by a test in a process of its own, which is then killed: raises alerts without end and says which are on disk. */
import { parseConfig } from '../../config.ts'
import { createHomeserver } from '../../index.ts'

const { config, userId } = JSON.parse(process.argv[2]!) as { config: unknown; userId: string }
const { ctx } = await createHomeserver(parseConfig(config))

async function lane(name: number): Promise<void> {
  for (let n = 0; ; n++) {
    const key = `lane${name}|${n}|`
    const about = { kind: 'escalation' as const, roomId: '!r:hn.example', eventId: '$e' }
    await ctx.alerts.raise({ key, userId, urgent: true, reference: `DOC-2026-${name}${n}`, ...about })
    process.stdout.write(`${JSON.stringify({ raised: key })}\n`)
  }
}

await Promise.all(Array.from({ length: 4 }, (_, name) => lane(name)))
