/** Run by the crash test in a process of its own, which is then killed: sends without end and says what was accepted. */
import { setTimeout as wait } from 'node:timers/promises'
import { startTestNode } from '../node.ts'

const node = await startTestNode({}, { dataDir: process.argv[2]! })
const { userId, token } = await node.register('ana')
const { body } = await node.call('POST', '/createRoom', { token, body: { preset: 'public_chat' } })
const roomId = body['room_id'] as string
const say = (line: Record<string, unknown>) => process.stdout.write(`${JSON.stringify(line)}\n`)
say({ roomId })

async function messages(lane: number): Promise<void> {
  for (let n = 0; ; n++) {
    const transaction = { deviceId: `lane${lane}`, txnId: `${n}` }
    const content = { msgtype: 'm.text', body: `${lane}.${n}` }
    const { eventId } = await node.ctx.rooms.send({
      roomId,
      sender: userId,
      type: 'm.room.message',
      content,
      transaction,
    })
    say({ eventId })
  }
}

async function joins(): Promise<void> {
  for (let n = 0; ; n++) {
    const user = `@u${n}:${node.ctx.serverName}`
    await node.ctx.rooms.send({
      roomId,
      sender: user,
      type: 'm.room.member',
      stateKey: user,
      content: { membership: 'join' },
    })
    say({ joined: user })
    await wait(5)
  }
}

await Promise.all([...Array.from({ length: 20 }, (_, lane) => messages(lane)), joins()])
