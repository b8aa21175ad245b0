/** For rehearsals: people with keys in a folder, the tool as they would use it, a registry that takes what they sign. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { FederationListKeeper, parseRoot } from '@enlace/trust'
import { pino } from 'pino'
import { afterEach, beforeEach, expect } from 'vitest'
import { createRegistry, type Registry } from '../index.ts'
import { memoryStorage, takeFrom } from '../testing.ts'
import type { ToolIo } from './io.ts'
import { runTrustTool } from './tool.ts'

export function rehearsal() {
  let folder: string
  const running: Registry[] = []
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'enlace-rehearsal-'))
  })
  afterEach(async () => {
    await Promise.all(running.splice(0).map((registry) => registry.close()))
    rmSync(folder, { recursive: true, force: true })
  })

  const at = (name: string) => join(folder, name)
  const phrase = (who: string) => `una frase larga de ${who}`

  /** Runs the tool as a person would; `answers` are typed in turn. */
  async function tool(
    command: string,
    { answers = [] as string[], now = Date.now } = {},
  ): Promise<{ code: number; said: string; asked: string[] }> {
    const lines: string[] = []
    const asked: string[] = []
    const io: ToolIo = {
      language: 'es',
      print: (line) => void lines.push(line),
      async ask(question) {
        asked.push(question)
        return answers.shift() ?? ''
      },
      now,
      fetch,
    }
    // Words of a command that have spaces are written with underscores here.
    const argv = command
      .split(' ')
      .filter((word) => word !== '')
      .map((word) => word.replaceAll('_', ' ').replace(/^@(?!.*:)/, `${folder}/`))
    const code = await runTrustTool(argv, io)
    return { code, said: lines.join('\n'), asked }
  }

  async function makeKey(who: string, name: string, country: string): Promise<void> {
    const made = await tool(`key new --name ${name} --country ${country} --out @${who}`, {
      answers: [phrase(who), phrase(who)],
    })
    expect(made).toMatchObject({ code: 0, said: expect.stringContaining('huella') })
  }

  const sign = (proposal: string, who: string, out: string, more = '') =>
    tool(`sign @${proposal} --key @${who}.llave.json --out @${out} ${more}`, {
      answers: [phrase(who), 'firmar'],
    })

  async function start(): Promise<Registry> {
    const registry = await createRegistry(
      { port: 0, data_dir: at('registro'), trust: { publication: at('publicado.json') } },
      { log: pino({ level: 'silent' }), storage: memoryStorage() },
    )
    running.push(registry)
    return registry
  }

  async function ceremony(): Promise<Registry> {
    await makeKey('hn1', 'Cancillería_HN', 'hn')
    await makeKey('hn2', 'Niñez_HN', 'HN')
    await makeKey('gt1', 'Cancillería_GT', 'GT')
    await makeKey('gt2', 'Niñez_GT', 'GT')
    expect((await tool('key registry --data-dir @registro --out @registro.publica.json')).code).toBe(0)
    const keys = ['hn1', 'hn2', 'gt1', 'gt2'].map((who) => `--coordinator @${who}.publica.json`).join(' ')
    const begun = await tool(`init ${keys} --registry @registro.publica.json --threshold 2 --out @p0.json`)
    expect(begun).toMatchObject({ code: 0, said: expect.stringContaining('Hacen falta 2 firmas') })
    const admit = (server: string, institution: string, slot: number) =>
      tool(
        `propose admit --from @p0.json --server ${server} --institution ${institution} --case-slot ${slot} --out @p0.json`,
      )
    expect((await admit('hn.example', 'hn-sreci', 1)).said).toContain('ENTRA el servidor hn.example')
    expect((await admit('gt.example', 'gt-renap', 2)).code).toBe(0)
    for (const who of ['hn1', 'gt1'])
      expect(await sign('p0.json', who, `p0.${who}.json`)).toMatchObject({
        code: 0,
        said: expect.stringContaining('gt.example'),
      })
    expect((await tool('publish @p0.json @p0.hn1.json @p0.gt1.json --out @publicado.json')).code).toBe(0)
    return start()
  }

  function node(registry: Registry): {
    keeper: FederationListKeeper
    take: () => Promise<unknown>
    status: (server: string) => string
  } {
    const root = parseRoot(registry.root)
    if (!root.ok) throw new Error(root.detail)
    writeFileSync(at('root.json'), registry.root)
    const keeper = new FederationListKeeper(root.root)
    return {
      keeper,
      take: () => takeFrom(registry.url, keeper),
      status(server) {
        const current = keeper.current(Date.now())
        return current.usable ? current.list.statusOf(server) : 'no-list'
      },
    }
  }
  return { at, phrase, tool, makeKey, sign, ceremony, node }
}
