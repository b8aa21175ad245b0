/**
 * Room kept back on the disk, as a file of zeros: when the disk is full it is given up, so that the log can be written into
 * the database and deletes go on. Until it can be kept back again, nothing that takes more room is accepted.
 */
import { rmSync, statfsSync, statSync } from 'node:fs'
import { open, rm } from 'node:fs/promises'
import { dirname } from 'node:path'

const chunk = Buffer.alloc(1024 * 1024)

export class Reserve {
  /** the room is there */
  held = false
  readonly #path: string
  readonly #bytes: number
  #filling: Promise<void> | undefined

  constructor(database: string, bytes: number) {
    this.#path = `${database}-reserve`
    this.#bytes = bytes
    this.held = bytes === 0 || statSync(this.#path, { throwIfNoEntry: false })?.size === bytes
  }

  get bytes(): number {
    return this.#bytes
  }

  /** Keeps the room back, when the disk has twice as much. */
  async fill(): Promise<void> {
    if (this.held) return
    this.#filling ??= this.#fill().finally(() => {
      this.#filling = undefined
    })
    await this.#filling
  }

  async #fill(): Promise<void> {
    const { bavail, bsize } = statfsSync(dirname(this.#path))
    if (bavail * bsize < 2 * this.#bytes) return
    try {
      const file = await open(this.#path, 'w', 0o600)
      try {
        for (let at = 0; at < this.#bytes; at += chunk.length)
          await file.write(chunk, 0, Math.min(chunk.length, this.#bytes - at), at)
      } finally {
        await file.close()
      }
      this.held = true
    } catch {
      await rm(this.#path, { force: true })
    }
  }

  release(): void {
    this.held = false
    rmSync(this.#path, { force: true })
  }

  /** Waits for a filling that is under way. */
  async settle(): Promise<void> {
    await this.#filling
  }
}
