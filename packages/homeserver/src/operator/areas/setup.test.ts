import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { ConfigError, loadConfig, parseConfig } from '../../config.ts'
import type { Here, Lang } from '../types.ts'
import { setupArea } from './setup.ts'

let base: string
beforeAll(async () => {
  base = await mkdtemp(join(tmpdir(), 'enlace-setup-'))
})
afterAll(() => rm(base, { recursive: true, force: true }))

/** Answers by the question's number, each list from its beginning; what is not in it is Enter. */
async function start(lang: Lang, answers: Record<number, string[]>) {
  const said: string[] = []
  const asked: number[] = []
  const here: Here = {
    configFile: join(base, `${lang}.yaml`),
    lang,
    say: (line) => void said.push(line),
    ask: async (question, { fallback = '' } = {}) => {
      const number = Number.parseInt(question, 10)
      asked.push(number)
      return answers[number]?.shift() ?? fallback
    },
  }
  const [command] = setupArea.commands
  if (command?.where !== 'here') throw new Error('where')
  await command.run(here, { noChecks: true })
  return { said: said.slice(0, -1), asked, config: await loadConfig(here.configFile) }
}

const TOKEN = 'x'.repeat(40)
const answers = () => ({
  1: ['', 'https://enlace.example', 'enlace.example:99999', 'enlace.example'],
  4: ['directorio.example', 'https://directorio.example/federation-list'],
  6: ['corta', TOKEN],
  8: ['localhost:27017', 'mongodb://127.0.0.1/enlace'],
  9: ['correo.example', 'smtps://u:p@correo.example:465'],
  10: ['nadie', 'Enlace <enlace@enlace.example>'],
})

test('an answer that the configuration does not take is asked for again at once, and nothing else is lost', async () => {
  const es = await start('es', answers())
  expect(es.asked).toEqual([1, 1, 1, 1, 2, 3, 4, 4, 5, 6, 6, 7, 8, 8, 9, 9, 10, 10])
  expect(es.config).toMatchObject({
    server_name: 'enlace.example',
    federation: { list: { network_token: TOKEN } },
    database: { uri: 'mongodb://127.0.0.1/enlace' },
  })
  expect(es.said[5 - 1]).toMatch(/de 32 a 200 caracteres/)
  const en = await start('en', answers())
  expect(en.said).toHaveLength(8)
  expect(en.said[5 - 1]).toMatch(/32 to 200 characters/)
  for (const [at, line] of es.said.entries()) expect(line).not.toBe(en.said[at])
  for (const secret of ['corta', 'u:p@']) expect(es.said.join()).not.toContain(secret)
})

test('a file that is not accepted is told in both languages', async () => {
  const token = (network_token: string) =>
    parseConfig({
      server_name: 'hn.example',
      data_dir: base,
      listeners: [{ port: 0, serves: ['client'] }],
      federation: { list: { url: 'https://directorio.example', root: 'root.json', network_token } },
      otra: true,
    })
  expect(() => token('corta')).toThrow(ConfigError)
  expect(() => token('corta')).toThrow(
    /^Configuración no aceptada\. federation\.list\.network_token: Demasiado.*32.*otra: esta clave no se conoce \/ Configuration not accepted\. federation\.list\.network_token: Too small.*32.*otra: this key is not known/,
  )
  const file = join(base, 'answers.yaml')
  await writeFile(file, 'name: 7')
  const [command] = setupArea.commands
  const here = { configFile: join(base, 'none.yaml'), lang: 'es', say: () => {} } as const
  const run = command?.where === 'here' ? command.run(here, { answers: file }) : undefined
  await expect(run).rejects.toThrow(/name: Entrada inválida.* \/ name: Invalid input/)
})

test('where the file cannot be written that is said before the questions; what becomes so meanwhile loses no answer', async () => {
  const [command] = setupArea.commands
  if (command?.where !== 'here') throw new Error('where')
  const said: string[] = []
  let asked = 0
  const here = (configFile: string, meanwhile: () => Promise<unknown> = async () => undefined): Here => ({
    configFile,
    lang: 'es',
    say: (line) => void said.push(line),
    async ask(question, { fallback = '' } = {}) {
      asked += 1
      if (asked === 9) await meanwhile()
      return question.startsWith('1/10') ? 'enlace.example' : fallback
    },
  })
  // A file stands where its folder should be: nobody, root neither, can write there.
  await writeFile(join(base, 'taken'), '')
  await expect(command.run(here(join(base, 'taken/node.yaml')), { noChecks: true })).rejects.toThrow(
    /No se puede escribir .*node\.yaml \(ENOTDIR|EEXIST\): use sudo.* \/ .*cannot be written/s,
  )
  expect(asked).toBe(0)

  const folder = join(base, 'gone')
  const file = join(folder, 'node.yaml')
  const swap = async () => {
    expect(await readdir(folder)).toEqual([])
    await rm(folder, { recursive: true })
    await writeFile(folder, '')
  }
  await mkdir(folder)
  await expect(command.run(here(file, swap), { noChecks: true })).rejects.toThrow()
  const [kept] = said
  expect(kept).toMatch(/No se pudo escribir .*guárdela ahora/s)
  const text = kept!.slice(kept!.indexOf('# Enlace.'))
  await writeFile(join(base, 'by-hand.yaml'), text)
  expect(await loadConfig(join(base, 'by-hand.yaml'))).toMatchObject({ server_name: 'enlace.example' })
})
