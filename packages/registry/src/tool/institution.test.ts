/** The rehearsal of an institution: a key, given to it by coordinators, people on its roster, its entry, a lost key. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { exampleEntries } from '@enlace/directory/examples'
import { publicView } from '@enlace/directory/visibility'
import { InstitutionsKeeper, rosterId } from '@enlace/trust'
import { expect, test } from 'vitest'
import type { Registry } from '../index.ts'
import { rehearsal } from './rehearsal-stage.ts'

const { at, phrase, tool, sign, ceremony, node } = rehearsal()

const institutionKey = (out: string) =>
  tool(`institution key new --institution gt-renap --out @${out}`, { answers: [phrase(out), phrase(out)] })

/** Signed by one of each country, and published. */
async function decided(registry: Registry, proposal: string, from: string, change: string) {
  await tool(`fetch --registry ${registry.url} --root @root.json --out @${from}`)
  const proposed = await tool(
    `propose institution --from @${from} --institution gt-renap ${change} --out @${proposal}`,
  )
  for (const who of ['hn1', 'gt1']) await sign(proposal, who, `${proposal}.${who}`)
  const files = ['hn1', 'gt1'].map((who) => `@${proposal}.${who}`).join(' ')
  expect((await tool(`publish @${proposal} ${files} --registry ${registry.url}`)).code).toBe(0)
  return proposed
}

/** Signed with a key and published. */
async function said(registry: Registry, command: string, key = 'renap') {
  const signed = await tool(`institution ${command} --key @${key}.llave.json --out @nueva.json`, {
    answers: [phrase(key), 'firmar'],
  })
  if (signed.code !== 0) return signed
  const published = await tool(`institution publish @nueva.json --registry ${registry.url}`)
  return { ...published, said: `${signed.said}\n${published.said}` }
}

const fetched = (registry: Registry) =>
  tool(
    `institution fetch --institution gt-renap --registry ${registry.url} --root @root.json --out @dicho.json`,
  )

test('9.2: an institution’s key, its people, its entry, and the key replaced', async () => {
  const registry = await ceremony()
  const { take, keeper } = node(registry)
  const institutions = new InstitutionsKeeper({ network: false })
  const roleOf = async (userId: string) => {
    await take()
    institutions.follow(keeper.ground!)
    for (const key of institutions.outdated(Date.now())) {
      const steps = institutions.update(key, Date.now())
      let step = steps.next()
      while (!step.done) {
        const answer = await fetch(`${registry.url}/trust/${step.value.path}`)
        step = steps.next(answer.ok ? new Uint8Array(await answer.arrayBuffer()) : undefined)
      }
    }
    const current = institutions.roster('gt-renap', Date.now())
    if (!current.usable) return current.reason
    return current.roster.validEntry(await rosterId(current.roster.salt, userId), Date.now())?.role
  }

  expect(await institutionKey('renap')).toMatchObject({ code: 0, said: expect.stringContaining('huella') })
  const given = await decided(registry, 'p1.json', 'a1.json', '--add @renap.publica.json')
  expect(given.said).toContain('FIRMA por gt-renap desde ahora la llave')
  expect(await fetched(registry)).toMatchObject({
    code: 1,
    said: expect.stringContaining('no ha publicado nada'),
  })
  const first = await said(
    registry,
    'roster add --institution gt-renap --person @ana:gt.example --person @eva:gt.example --role coordinator',
  )
  expect(first).toMatchObject({
    code: 0,
    said: expect.stringContaining('ENTRA: @ana:gt.example: coordinación'),
  })
  expect([await roleOf('@ana:gt.example'), await roleOf('@luis:gt.example')]).toEqual([
    'coordinator',
    undefined,
  ])

  await fetched(registry)
  const changed = await said(
    registry,
    'roster role --from @dicho.json --person @eva:gt.example --role official --until 2099-01-01',
  )
  expect(changed.said).toContain('CAMBIA: @eva:gt.example: autoridad')
  await fetched(registry)
  expect((await said(registry, 'roster strike --from @dicho.json --person @ana:gt.example')).said).toContain(
    'SALE',
  )
  expect([await roleOf('@ana:gt.example'), await roleOf('@eva:gt.example')]).toEqual([undefined, 'official'])
  await fetched(registry)
  const shown = await tool('institution roster show --from @dicho.json --key @renap.llave.json', {
    answers: [phrase('renap')],
  })
  expect(shown.said).toContain('@eva:gt.example: autoridad')
  expect(shown.said).not.toContain('@ana')

  // The entry, on top of the roster, which stands as it was.
  const example = exampleEntries[0]!
  const summary = await fetch(`${registry.url}/_enlace/registry/v1/institutions/gt-renap`)
  const { organization_id } = (await summary.json()) as { organization_id: string }
  const entry = JSON.parse(
    JSON.stringify(publicView(example))
      .replaceAll(example.key, 'gt-renap')
      .replaceAll(example.records.organizations![0]!.id, organization_id),
  ) as unknown
  const document = {
    _type: 'enlace-directory-entry',
    institution: 'gt-renap',
    view: 'public',
    revision: 1,
    entry,
  }
  writeFileSync(at('ficha.json'), JSON.stringify(document))
  expect(await said(registry, 'entry sign --from @dicho.json --entry @ficha.json')).toMatchObject({
    code: 0,
    said: expect.stringContaining('FICHA pública, revisión 1'),
  })
  expect(await roleOf('@eva:gt.example')).toBe('official')
  expect(institutions.entry('gt-renap', 'public', Date.now())?.entry).toEqual(entry)

  // A key for the node's duty positions, and back.
  await institutionKey('nodo')
  await fetched(registry)
  expect((await said(registry, 'duty-key --from @dicho.json --add @nodo.publica.json')).said).toContain(
    'FIRMA LOS TURNOS',
  )
  await roleOf('@eva:gt.example')
  expect(institutions.delegation('gt-renap.duty')?.keys).toHaveLength(1)

  // The key is lost: coordinators name another, and what the old one signed ends at once.
  await institutionKey('renap2')
  const old = JSON.parse(readFileSync(at('renap.publica.json'), 'utf8')) as { keyid: string }
  const replaced = await decided(
    registry,
    'p2.json',
    'a2.json',
    `--add @renap2.publica.json --remove ${old.keyid.slice(0, 16)}`,
  )
  expect(replaced.said).toContain('YA NO FIRMA por gt-renap')
  expect(await roleOf('@eva:gt.example')).toBe('refused')
  expect(await said(registry, 'duty-key --from @dicho.json')).toMatchObject({
    code: 1,
    said: expect.stringContaining('no publica lo que recibió de gt-renap'),
  })
  // The names were sealed under the lost key: the list is written anew.
  expect(
    await said(registry, 'roster add --from @dicho.json --person @z:gt.example --role staff', 'renap2'),
  ).toMatchObject({ code: 1, said: expect.stringContaining('no abre los nombres') })
  expect(
    await said(
      registry,
      'roster add --anew --from @dicho.json --person @z:gt.example --role staff',
      'renap2',
    ),
  ).toMatchObject({ code: 0 })
  expect(await roleOf('@z:gt.example')).toBe('staff')
  expect(await roleOf('@eva:gt.example')).not.toBe('official')
})

test('9.2: what a person gets wrong about an institution is said in words, and nothing is written', async () => {
  const registry = await ceremony()
  node(registry)
  await institutionKey('renap')
  await decided(registry, 'p1.json', 'a1.json', '--add @renap.publica.json')
  await said(registry, 'roster add --institution gt-renap --person @ana:gt.example --role staff')
  await fetched(registry)
  writeFileSync(at('mala.json'), '{"_type":"enlace-directory-entry"}')
  const open = [phrase('renap')]
  const on = '--from @dicho.json --key @renap.llave.json --out @x.json'
  for (const [command, words, answers = open] of [
    ['institution key new --institution RENAP --out @x', 'Diga una institución'],
    ['institution key new --institution gt-renap --out @renap', 'ya existe', [phrase('x'), phrase('x')]],
    [`institution roster add ${on} --role staff`, '--person'],
    [`institution roster add ${on} --person ana --role staff`, 'no es una cuenta'],
    [`institution roster add ${on} --person @b:x --role jefe`, 'staff (personal)'],
    [`institution roster add ${on} --person @ana:gt.example --role staff`, 'ya está en la lista'],
    [`institution roster strike ${on} --person @b:x`, 'no está en la lista'],
    [`institution roster add ${on} --person @b:x --role staff --until mañana`, 'una fecha'],
    [
      `institution roster add ${on} --person @b:x --role staff --since 2026-02-01 --until 2026-01-01`,
      'no es válida',
    ],
    [`institution roster add ${on} --person @b:x --role staff`, 'No se firmó nada', [phrase('renap'), 'no']],
    [`institution roster add ${on} --person @b:x --role staff --days 900`, 'de 1 a 400'],
    [`institution entry sign ${on}`, '--entry'],
    [`institution entry sign ${on} --entry @mala.json`, 'no es la ficha'],
    ['institution roster show --from @p1.json --key @renap.llave.json', 'no es lo que publica'],
    ['institution publish @p1.json --registry http://127.0.0.1:9', 'no es lo que publica'],
    ['institution publish @dicho.json --registry http://127.0.0.1:9', 'no responde'],
    ['institution publish', 'archivo firmado'],
    [
      `institution fetch --institution hn-rnp-sps --registry ${registry.url} --root @root.json --out @x.json`,
      'no tiene llave',
    ],
    ['propose institution --from @a1.json --add @renap.publica.json --out @x.json', 'Diga una institución'],
    [
      'propose institution --from @a1.json --institution gt-renap --remove abcdabcd --out @x.json',
      'no es la huella',
    ],
    [
      'propose institution --from @a1.json --institution gt-renap --add @renap.publica.json --threshold 2 --out @x.json',
      'tiene 1 llaves',
    ],
  ] as const) {
    const { code, said: words_ } = await tool(command, { answers: [...answers] })
    expect({ command, code }).toEqual({ command, code: 1 })
    expect(words_.toLowerCase()).toContain(words.toLowerCase())
    expect(words_).not.toContain('    at ')
    expect(existsSync(at('x.json'))).toBe(false)
  }
  expect((await tool('institution bailar')).code).toBe(2)
  expect((await tool('help --lang en')).said).toContain('institution roster strike')
})
