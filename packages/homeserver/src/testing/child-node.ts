/** A node in a process of its own, for tests of what it writes to its log and how it ends. */
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { freePort } from '@enlace/embedded-mongo/free-ports'
import { onTestFinished } from 'vitest'

const ROOT = new URL('../../../../', import.meta.url)

export type ChildNode = {
  child: ChildProcess
  url: string
  /** Everything it has written, to both outputs. */
  output(): string
  /** The lines of its log. */
  lines(): Record<string, unknown>[]
  /** Writes its file anew, with these keys beside those it was started with. */
  configure(more: Record<string, unknown>): Promise<void>
  /** Ends it with SIGTERM, and waits for what it still writes. @returns its exit code */
  stop(): Promise<number>
}

export async function startChildNode(config: Record<string, unknown> = {}): Promise<ChildNode> {
  const dataDir = await mkdtemp(join(tmpdir(), 'enlace-child-'))
  onTestFinished(() => rm(dataDir, { recursive: true, force: true }))
  const port = await freePort()
  const file = join(dataDir, 'node.yaml')
  const given = {
    server_name: 'hn.example',
    data_dir: dataDir,
    listeners: [{ port, serves: ['client', 'federation'] }],
    registration: 'open',
    rate_limits: 'off',
    password_hash: { memory_kib: 64, passes: 1 },
    ...config,
  }
  // JSON is YAML.
  await writeFile(file, JSON.stringify(given))
  const child = fork(new URL('./crash/faulty-node.ts', import.meta.url), [file], {
    silent: true,
    execArgv: [],
    env: { ...process.env, NODE_COMPILE_CACHE: fileURLToPath(new URL('node_modules/.cache/enlace', ROOT)) },
  })
  onTestFinished(() => void child.kill('SIGKILL'))
  let text = ''
  const take = (chunk: Buffer) => {
    text += chunk.toString()
  }
  child.stdout!.on('data', take)
  child.stderr!.on('data', take)
  const exited = once(child, 'close')
  const [first] = (await Promise.race([once(child, 'message'), exited])) as unknown[]
  if (first !== 'running') throw new Error(`the node did not start: ${text}`)
  return {
    child,
    url: `http://127.0.0.1:${port}`,
    output: () => text,
    lines: () =>
      text
        .split('\n')
        .filter((line) => line.startsWith('{'))
        .map((line) => JSON.parse(line) as Record<string, unknown>),
    configure: (more) => writeFile(file, JSON.stringify({ ...given, ...more })),
    async stop() {
      child.kill('SIGTERM')
      return (await exited)[0] as number
    },
  }
}
