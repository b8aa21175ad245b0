/** Whether a node runs on a folder: somebody listens at its operator's socket. */
import { open } from 'node:fs/promises'
import { connect } from 'node:net'

export async function isNodeRunning(dataDir: string): Promise<boolean> {
  const folder = await open(dataDir, 'r').catch(() => undefined)
  if (!folder) return false
  try {
    // By the folder's handle: the kernel takes short paths only.
    const socket = connect(`/proc/self/fd/${folder.fd}/operator.sock`)
    return await new Promise<boolean>((done) => {
      socket.once('connect', () => done(true)).once('error', () => done(false))
    }).finally(() => socket.destroy())
  } finally {
    await folder.close()
  }
}
