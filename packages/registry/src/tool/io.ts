/** The tool's hands: files, the terminal, the network. Tests give it others. */
import { readFile, writeFile } from 'node:fs/promises'
import { createInterface } from 'node:readline/promises'
import { Writable } from 'node:stream'
import type { BilingualText } from '@enlace/directory/text'
import { maxPublicationBytes } from '@enlace/trust'
import { type Language, ToolError } from './words.ts'

export interface ToolIo {
  language: Language
  print(line: string): void
  /** @param hidden what is typed is not shown */
  ask(question: string, hidden?: boolean): Promise<string>
  now(): number
  fetch: typeof fetch
}

export function terminal(language: Language): ToolIo {
  return {
    language,
    print: (line) => console.log(line),
    async ask(question, hidden = false) {
      process.stdout.write(question)
      const silent = new Writable({ write: (_chunk, _encoding, done) => done() })
      const lines = createInterface({
        input: process.stdin,
        output: hidden ? silent : process.stdout,
        terminal: hidden && process.stdin.isTTY,
      })
      try {
        return await new Promise<string>((answer, fail) => {
          lines.once('line', answer)
          lines.once('close', () => fail(new ToolError('Cancelado.', 'Cancelled.')))
          lines.once('SIGINT', () => lines.close())
        })
      } finally {
        lines.close()
        if (hidden) process.stdout.write('\n')
      }
    },
    now: () => Date.now(),
    fetch,
  }
}

export const say = (io: ToolIo, text: BilingualText): void => io.print(text[io.language])

export async function readJson(path: string): Promise<unknown> {
  let text: string
  try {
    text = await readFile(path, 'utf8')
  } catch {
    throw new ToolError(
      `No se puede leer ${path}. Revise el nombre del archivo.`,
      `${path} cannot be read. Check the name of the file.`,
    )
  }
  try {
    if (text.length > 2 * maxPublicationBytes) throw new Error('too large')
    return JSON.parse(text) as unknown
  } catch {
    throw new ToolError(
      `${path} no es un archivo de esta herramienta, o está dañado. Pídalo de nuevo.`,
      `${path} is not a file of this tool, or is damaged. Ask for it again.`,
    )
  }
}

export async function writeJson(path: string, value: unknown, { secret = false } = {}): Promise<void> {
  try {
    // A secret file is never overwritten: that would be a lost key.
    const options = secret ? { mode: 0o600, flag: 'wx' } : {}
    await writeFile(path, `${JSON.stringify(value, undefined, 1)}\n`, options)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST')
      throw new ToolError(
        `${path} ya existe y no se toca. Elija otro nombre.`,
        `${path} exists already and is left alone. Choose another name.`,
      )
    throw new ToolError(`No se puede escribir ${path}.`, `${path} cannot be written.`)
  }
}
