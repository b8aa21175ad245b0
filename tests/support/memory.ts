/**
 * Where tests keep their files: in memory where the machine has room, since nodes wait for the disk at each write, and a run has
 * hundreds of nodes. What a node acknowledges is written and synchronised all the same, and is there for the next process.
 */
import { accessSync, constants, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'

const MEMORY = '/dev/shm'
const NEEDED_KB = 8 * 1024 * 1024
const PREFIX = 'enlace-tests-'

/** @returns the folder for `TMPDIR`, or nothing where the system's own is the better one */
export function folderInMemory(): string | undefined {
  try {
    accessSync(MEMORY, constants.W_OK)
    const available = /^MemAvailable:\s+(\d+) kB$/m.exec(readFileSync('/proc/meminfo', 'utf8'))
    if (!available || Number(available[1]) < NEEDED_KB) return undefined
    return join(MEMORY, `${PREFIX}${process.pid}`)
  } catch {
    return undefined
  }
}

/** Global setup of each project: makes the folder, and takes it away with whatever runs that were cut short have left. */
export default function setup(): () => void {
  const folder = folderInMemory()
  if (!folder) return () => {}
  for (const name of readdirSync(MEMORY)) {
    if (name.startsWith(PREFIX) && !isRunning(Number(name.slice(PREFIX.length)))) remove(join(MEMORY, name))
  }
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  process.env['TMPDIR'] = folder
  return () => remove(folder)
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}

const remove = (folder: string): void => rmSync(folder, { recursive: true, force: true, maxRetries: 3 })
