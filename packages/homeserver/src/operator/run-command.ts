/** A command on a node: the same on a running one, asked through its socket, and on a stopped one, opened here. */
import { ConfigError } from '../config.ts'
import type { Context } from '../context.ts'
import { MatrixError } from '../errors.ts'
import { areaNamed, commandNamed } from './areas.ts'
import type { Answer, Order } from './types.ts'

/**
 * What was done is recorded after it was done, what was refused with the reason's code. When recording fails, the operator is
 * told so: the command counts, the log has a gap that it names.
 * @throws MatrixError with a sentence for the operator
 */
export async function runOrder(ctx: Context, order: Order): Promise<Answer> {
  const area = areaNamed(order.area)
  const command = area && commandNamed(area, order.command)
  if (!command || command.where === 'here')
    throw new MatrixError(400, 'M_BAD_JSON', `${order.area} ${order.command}`)
  if (command.reads) return told(() => command.run(ctx, order.input))
  const act = { act: 'operator.command', by: 'operator' } as const
  const facts = { area: area.name, command: command.name }
  let answer: Answer
  try {
    answer = await told(() => command.run(ctx, order.input))
  } catch (error) {
    const reason = error instanceof MatrixError ? error.errcode : 'failed'
    await ctx.audit.record({ ...act, outcome: 'refused', facts: { ...facts, reason } })
    throw error
  }
  const on = answer['userId']
  await ctx.audit.record({ ...act, ...(typeof on === 'string' ? { on } : {}), facts })
  ctx.log.info({ ...facts, user: on }, 'done for the operator')
  return answer
}

/** What is wrong with a file is said: it is the operator who wrote it. */
async function told(run: () => Promise<Answer>): Promise<Answer> {
  try {
    return await run()
  } catch (error) {
    throw error instanceof ConfigError ? new MatrixError(400, 'M_INVALID_PARAM', error.message) : error
  }
}
