/** The rehearsal: four coordinators of two countries, each on a machine of their own, from the ceremony to a lost key. */
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { rehearsal } from './rehearsal-stage.ts'

const day = 86_400_000
const { at, phrase, tool, makeKey, sign, ceremony, node } = rehearsal()

test('9.1: ceremony, suspension, readmission, a server’s key, and a coordinator’s lost key', async () => {
  const registry = await ceremony()
  expect(statSync(at('hn1.llave.json')).mode & 0o777).toBe(0o600)
  expect(readFileSync(at('hn1.llave.json'), 'utf8')).not.toContain('PRIVATE')
  const { take, status, keeper } = node(registry)
  expect(await take()).toMatchObject({ ok: true })
  expect(status('gt.example')).toBe('active')
  const fetched = (out: string) => tool(`fetch --registry ${registry.url} --root @root.json --out @${out}`)

  // Suspension, by the two who did not sign before.
  expect((await fetched('a1.json')).code).toBe(0)
  await tool('propose suspend --from @a1.json --server gt.example --out @p1.json')
  expect(await tool('status @p1.json')).toMatchObject({
    code: 3,
    said: expect.stringContaining('faltan 2 firmas'),
  })
  await sign('p1.json', 'gt2', 'p1.gt2.json', '--root @root.json')
  const half = await tool('status @p1.json @p1.gt2.json')
  expect(half).toMatchObject({ code: 3, said: expect.stringContaining('falta una firma de HN') })
  expect(half.said).toMatch(/\[x\] firmó {3}Niñez GT \(GT\)/)
  expect(half.said).toMatch(/\[ \] falta {3}Cancillería HN \(HN\)/)
  expect(await tool(`publish @p1.json @p1.gt2.json --registry ${registry.url}`)).toMatchObject({ code: 3 })
  // Two of one country are enough in number, and not enough.
  await sign('p1.json', 'gt1', 'p1.gt1.json')
  expect(await tool(`publish @p1.json @p1.gt1.json @p1.gt2.json --registry ${registry.url}`)).toMatchObject({
    code: 3,
    said: expect.stringContaining('falta una firma de HN'),
  })
  await sign('p1.json', 'hn2', 'p1.hn2.json')
  expect(await tool(`publish @p1.json @p1.gt2.json @p1.hn2.json --registry ${registry.url}`)).toMatchObject({
    code: 0,
    said: expect.stringContaining('versión 2'),
  })
  await take()
  expect(status('gt.example')).toBe('suspended')

  // Readmission and a server's key in one proposal.
  await fetched('a2.json')
  await tool('propose readmit --from @a2.json --server gt.example --out @p2.json')
  const key = `ed25519:a_1=${'A'.repeat(43)}`.replace('a_1', 'a1')
  const both = await tool(`propose keys --from @p2.json --server gt.example --key ${key} --out @p2.json`)
  expect(both.said).toContain('SE READMITE')
  expect(both.said).toContain('CAMBIAN las claves')
  await sign('p2.json', 'hn1', 'p2.hn1.json')
  await sign('p2.json', 'gt1', 'p2.gt1.json')
  await tool(`publish @p2.json @p2.hn1.json @p2.gt1.json --registry ${registry.url}`)
  await take()
  expect(status('gt.example')).toBe('active')
  // An earlier signature does not do for another proposal.
  expect(await tool('status @p2.json @p1.hn2.json')).toMatchObject({
    code: 1,
    said: expect.stringContaining('no es una firma de esta propuesta'),
  })

  // gt2 loses the key: gt3 takes its place, signed by those who remain.
  await makeKey('gt3', 'Niñez_GT_nueva', 'GT')
  await fetched('a3.json')
  const rotated = await tool(
    'rotate --from @a3.json --remove Niñez_GT --add @gt3.publica.json --out @p3.json',
  )
  expect(rotated.said).toContain('YA NO FIRMA: Niñez GT (GT)')
  expect(rotated.said).toContain('FIRMA desde ahora: Niñez GT nueva (GT)')
  for (const who of ['hn1', 'gt1', 'gt3']) expect((await sign('p3.json', who, `p3.${who}.json`)).code).toBe(0)
  const published = await tool(
    `publish @p3.json @p3.hn1.json @p3.gt1.json @p3.gt3.json --registry ${registry.url}`,
  )
  expect(published).toMatchObject({ code: 0 })
  expect(await take()).toMatchObject({ ok: true })
  expect(keeper.root.version).toBe(2)
  // Whoever finds the lost key signs nothing.
  await fetched('a4.json')
  await tool('propose admit --from @a4.json --server evil.example --institution gt-x=ngo,GT --out @p4.json')
  expect(await sign('p4.json', 'gt2', 'p4.gt2.json')).toMatchObject({
    code: 1,
    said: expect.stringContaining('no está entre las coordinaciones'),
  })
  expect(existsSync(at('p4.gt2.json'))).toBe(false)

  // Whoever was handed the newer root proposes from there; nodes with the first one find their way all the same.
  writeFileSync(at('root.json'), registry.root)
  await fetched('a5.json')
  expect(JSON.parse(readFileSync(at('a5.json'), 'utf8')).roots).toHaveLength(1)
  await tool('propose renew --from @a5.json --out @p5.json')
  await sign('p5.json', 'hn2', 'p5.hn2.json', '--root @root.json')
  await sign('p5.json', 'gt3', 'p5.gt3.json', '--root @root.json')
  expect(await tool(`publish @p5.json @p5.hn2.json @p5.gt3.json --registry ${registry.url}`)).toMatchObject({
    code: 0,
  })
  expect(await take()).toMatchObject({ ok: true, changed: true })
  expect((await fetch(`${registry.url}/trust/metadata/2.root.json`)).status).toBe(200)
})

test('9.1: what a person gets wrong is said in words, and nothing is written', async () => {
  const registry = await ceremony()
  node(registry)
  await tool(`fetch --registry ${registry.url} --root @root.json --out @a.json`)
  for (const [command, words, answers] of [
    ['key new --name X --country HN --out @hn1', 'ya existe', [phrase('x'), phrase('x')]],
    ['key new --name X --country HN --out @x', 'muy corta', ['corta']],
    ['key new --name X --country HN --out @x', 'no son iguales', [phrase('x'), phrase('y')]],
    ['key new --name X --country Honduras --out @x', 'dos letras', []],
    ['propose suspend --from @a.json --server nadie.example --out @x.json', 'no está en la lista', []],
    ['propose admit --from @a.json --server hn.example --out @x.json', 'ya está en la lista', []],
    [
      'propose admit --from @a.json --server x.example --institution hn-sreci --out @x.json',
      'ya está en hn.example',
      [],
    ],
    [
      'propose admit --from @a.json --server x.example --institution xx-nada --out @x.json',
      'no conoce xx-nada',
      [],
    ],
    ['propose admit --from @a.json --server x_y --out @x.json', 'no es válida', []],
    ['propose keys --from @a.json --server hn.example --key abc --out @x.json', 'no es una clave', []],
    ['propose bailar --from @a.json --out @x.json', 'no se conoce', []],
    ['propose renew --from @nada.json --out @x.json', 'No se puede leer', []],
    ['propose renew --from @hn1.publica.json --out @x.json', 'no es una lista vigente', []],
    [
      'rotate --from @a.json --remove Cancillería_GT --remove Niñez_GT --out @x.json',
      'GT quedaría sin quien firme',
      [],
    ],
    ['rotate --from @a.json --remove Nadie --out @x.json', 'no nombra a una sola', []],
    ['rotate --from @a.json --threshold 9 --out @x.json', 'solo hay 4', []],
    ['sign @p0.json --key @hn1.llave.json --out @x.json', 'no es la de esta llave', ['equivocada']],
    ['sign @p0.json --key @hn1.llave.json --out @x.json', 'No se firmó nada', [phrase('hn1'), 'no']],
    ['sign @a.json --key @hn1.llave.json --out @x.json', 'no es una propuesta', []],
    ['fetch --registry http://127.0.0.1:9 --root @root.json --out @x.json', 'no responde', []],
    ['status', 'Diga el archivo', []],
    ['publish @p0.json @p0.hn1.json @p0.gt1.json', 'Diga adónde', []],
  ] as const) {
    const { code, said } = await tool(command, { answers: [...answers] })
    expect({ command, code }).toEqual({ command, code: 1 })
    expect(said.toLowerCase()).toContain(words.toLowerCase())
    expect(said).not.toContain('    at ')
    expect(existsSync(at('x.json'))).toBe(false)
  }
  const english = await tool('status --lang en')
  expect(english.said).toContain('Name the file')
  expect((await tool('nonsense')).code).toBe(2)
})

test('9.1: a coordinator notices a proposal that was changed, or follows another network’s root', async () => {
  const registry = await ceremony()
  node(registry)
  await tool(`fetch --registry ${registry.url} --root @root.json --out @a.json`)
  await tool('propose suspend --from @a.json --server gt.example --out @p.json')
  const proposal = JSON.parse(readFileSync(at('p.json'), 'utf8')) as { list: string; base: { list: string } }
  const tamper = (name: string, change: (text: string) => unknown) =>
    writeFileSync(at(name), JSON.stringify(change(JSON.stringify(proposal))))
  // The words shown come from the list that is signed, and what it follows is verified, not believed.
  tamper('list.json', () => ({ ...proposal, list: proposal.list.replace('hn.example', 'xx.example') }))
  tamper('base.json', () => ({
    ...proposal,
    base: { ...proposal.base, list: proposal.base.list.replace('active', 'suspended') },
  }))
  for (const file of ['list.json', 'base.json'])
    expect(await sign(file, 'hn1', 'x.json')).toMatchObject({
      code: 1,
      said: expect.stringContaining('No firme'),
    })
  await makeKey('m1', 'M', 'HN')
  await makeKey('m2', 'N', 'GT')
  await tool(
    'init --coordinator @m1.publica.json --coordinator @m2.publica.json --registry @registro.publica.json --out @m.json',
  )
  await sign('m.json', 'm1', 'm.m1.json')
  await sign('m.json', 'm2', 'm.m2.json')
  await tool('publish @m.json @m.m1.json @m.m2.json --out @m.publicado.json')
  await tool('propose admit --from @m.publicado.json --server a.example --out @m2.json')
  expect(await sign('m2.json', 'm1', 'x.json', '--root @root.json')).toMatchObject({
    code: 1,
    said: expect.stringContaining('No firme'),
  })
})

test('9.1: what has run out is signed anew', async () => {
  const registry = await ceremony()
  node(registry)
  await tool(`fetch --registry ${registry.url} --root @root.json --out @a.json`)
  const later = () => Date.now() + 100 * day
  const renewed = await tool('propose renew --from @a.json --out @p.json', { now: later })
  expect(renewed).toMatchObject({ code: 0, said: expect.stringContaining('Nada cambia') })
  await sign('p.json', 'hn1', 'p.hn1.json')
  await sign('p.json', 'gt1', 'p.gt1.json')
  const published = await tool('publish @p.json @p.hn1.json @p.gt1.json --out @publicado.json', {
    now: later,
  })
  expect(published.code).toBe(0)
})
