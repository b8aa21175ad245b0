/** What somebody reads who does not know the commands: all that there is can be found from `--help`, in either language. */
import { afterEach, expect, test, vi } from 'vitest'
import { runCommand } from '../commands.ts'
import { areas } from './areas.ts'
import { optionsOf } from './arguments.ts'

afterEach(() => vi.restoreAllMocks())

async function said(...args: string[]): Promise<{ code: number; out: string; err: string }> {
  const out = vi.spyOn(console, 'log').mockImplementation(() => {})
  const err = vi.spyOn(console, 'error').mockImplementation(() => {})
  const code = await runCommand(args)
  const text = (spy: typeof out) => spy.mock.calls.map(([line]) => String(line)).join('\n')
  const answer = { code, out: text(out), err: text(err) }
  vi.restoreAllMocks()
  return answer
}

test('everything names the areas, an area its commands, also one that runs without naming any', async () => {
  for (const lang of ['es', 'en'] as const) {
    const all = await said('--help', '--lang', lang)
    expect(all.code).toBe(0)
    for (const area of areas) {
      expect(all.out).toContain(area.describe[lang])
      const one = await said(area.name, '--help', '--lang', lang)
      for (const command of area.commands)
        expect([area.name, one.out]).toEqual([area.name, expect.stringContaining(command.describe[lang])])
      if (area.main !== undefined && area.commands.length > 1)
        expect(one.out).toMatch(
          new RegExp(`${lang === 'es' ? 'Sin orden' : 'Without a command'}: ${area.main}$`, 'm'),
        )
    }
  }
})

test('each command says in both languages what it does and what each of its options means', async () => {
  for (const area of areas)
    for (const command of area.commands) {
      const name = `${area.name} ${command.name}`
      expect([name, command.describe.es]).not.toEqual([name, command.describe.en])
      for (const option of optionsOf(command).filter(({ positional }) => !positional))
        for (const lang of ['es', 'en'] as const)
          expect([name, option.name, command.options?.[option.field]?.[lang] ?? '']).toEqual([
            name,
            option.name,
            expect.stringMatching(/\S/),
          ])
      const { code, out } = await said(area.name, command.name, '--help', '--lang', 'en')
      expect([name, code, out.split('\n')[0]]).toEqual([name, 0, expect.stringMatching(/^Usage: enlace /)])
      expect(out).not.toMatch(/Opciones|Termina|Uso/)
    }
})

test('what is not understood is said in the language that was asked for', async () => {
  const es = await said('nada', '--lang', 'es')
  expect([es.code, es.err]).toEqual([
    2,
    expect.stringMatching(/^No se entiende: nada\n\nUso: enlace .*ÁREA ORDEN/),
  ])
  const en = await said('nada', '--lang', 'en')
  expect([en.code, en.err]).toEqual([
    2,
    expect.stringMatching(/^Not understood: nada\n\nUsage: enlace .*AREA COMMAND/),
  ])
  expect(en.err).not.toMatch(/Uso|Áreas/)
})

test('what is missing is named as the help names it, and what the machine refuses in words', async () => {
  expect((await said('accounts', 'add', '--lang', 'es')).err).toMatch(/^No se entiende: falta NAME\n/)
  expect((await said('accounts', 'add', '--lang', 'en')).err).toMatch(/^Not understood: NAME is missing\n/)
  expect((await said('audit', 'verify', '/no/hay', '--lang', 'es')).err).toBe('No existe: /no/hay')
  const answer = await said('audit', 'verify', '/no/hay', '--lang', 'en', '--json')
  expect([answer.code, JSON.parse(answer.out)]).toEqual([
    1,
    { errcode: 'M_UNKNOWN', error: 'There is no: /no/hay' },
  ])
})
