/** One program of the network as a child process: started, watched until ready, stopped with SIGINT, or killed by a test. */
import { type ChildProcess, spawn } from 'node:child_process'
import { createWriteStream } from 'node:fs'
import { request as httpRequest } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** A small young generation and compiled code from a cache: about 60 MB less for a process that mostly waits. */
const NODE_FLAGS = ['--max-semi-space-size=4']
const compileCache = join(tmpdir(), 'enlace-compile-cache')

export type ServerProcess = {
  readonly name: string
  readonly pid: number | undefined
  readonly running: boolean
  /** SIGINT, and SIGKILL after `graceMs`. */
  stop(graceMs?: number): Promise<void>
  /** SIGKILL at once, as a power cut would. */
  kill(): Promise<void>
  /** Settles when the process ends by itself. */
  readonly ended: Promise<number | null>
}

export async function startProcess(options: {
  name: string
  script: string
  flags?: readonly string[] | undefined
  args: readonly string[]
  logFile: string
  readyUrl: string
  readyTimeoutMs?: number
}): Promise<ServerProcess> {
  const log = createWriteStream(options.logFile, { flags: 'a', mode: 0o600 })
  const flags = [...NODE_FLAGS, ...(options.flags ?? [])]
  const child = spawn(process.execPath, [...flags, options.script, ...options.args], {
    // A group of its own: Ctrl-C reaches the parent alone, which stops its children in order.
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, NODE_NO_WARNINGS: '1', NODE_COMPILE_CACHE: compileCache },
  })
  let tail = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => {
      log.write(chunk)
      tail = (tail + chunk.toString()).slice(-2_000)
    })
  }
  const ended = new Promise<number | null>((done) => child.once('close', (code) => log.end(() => done(code))))
  const server: ServerProcess = {
    name: options.name,
    get pid() {
      return child.pid
    },
    get running() {
      return isRunning(child)
    },
    ended,
    async stop(graceMs = 10_000) {
      if (!isRunning(child)) return
      child.kill('SIGINT')
      const timer = setTimeout(() => child.kill('SIGKILL'), graceMs)
      await ended
      clearTimeout(timer)
    },
    async kill() {
      child.kill('SIGKILL')
      await ended
    },
  }
  // A parent that dies takes its children with it.
  const killAtExit = () => child.kill('SIGKILL')
  process.once('exit', killAtExit)
  void ended.then(() => process.removeListener('exit', killAtExit))

  const deadline = Date.now() + (options.readyTimeoutMs ?? 60_000)
  while (!(await answers(options.readyUrl))) {
    if (!isRunning(child)) throw new Error(`${options.name} stopped while starting:\n${tail}`)
    if (Date.now() > deadline) {
      await server.kill()
      throw new Error(`${options.name} was not ready in time:\n${tail}`)
    }
    await new Promise((done) => setTimeout(done, 100))
  }
  return server
}

function isRunning(child: ChildProcess): boolean {
  return child.pid !== undefined && child.exitCode === null && child.signalCode === null
}

function answers(url: string): Promise<boolean> {
  return new Promise((done) => {
    const request = httpRequest(url, { timeout: 2_000 }, (response) => {
      response.resume()
      done(response.statusCode === 200)
    })
    request.once('error', () => done(false))
    request.once('timeout', () => request.destroy())
    request.end()
  })
}
