/** The rehearsal of a succession: an institution whose last coordinator is gone, and coordinators who appoint another. */
import { readFileSync, writeFileSync } from 'node:fs'
import { InstitutionsKeeper, rosterId } from '@enlace/trust'
import { expect, test } from 'vitest'
import { rehearsal } from './rehearsal-stage.ts'

const { at, phrase, tool, sign, ceremony, node } = rehearsal()
const ANA = '@ana:gt.example'
const EVA = '@eva:gt.example'

test('two coordinators, one of each country, appoint; the roster in force stays until the appointee signs', async () => {
  const registry = await ceremony()
  const { take, keeper } = node(registry)
  const key = (out: string) =>
    tool(`institution key new --institution gt-renap --out @${out}`, { answers: [phrase(out), phrase(out)] })
  const current = (out: string) => tool(`fetch --registry ${registry.url} --root @root.json --out @${out}`)
  const said = () =>
    tool(
      `institution fetch --institution gt-renap --registry ${registry.url} --root @root.json --out @dicho.json`,
    )
  async function decided(proposal: string, signers: readonly string[]) {
    for (const who of signers) await sign(proposal, who, `${proposal}.${who}`)
    const files = signers.map((who) => `@${proposal}.${who}`).join(' ')
    return tool(`publish @${proposal} ${files} --registry ${registry.url}`)
  }
  async function roster(command: string, name: string) {
    const signed = await tool(`institution ${command} --key @${name}.llave.json --out @nueva.json`, {
      answers: [phrase(name), 'firmar'],
    })
    if (signed.code !== 0) return signed
    return tool(`institution publish @nueva.json --registry ${registry.url}`)
  }
  const follow = async (institutions: InstitutionsKeeper) => {
    await take()
    institutions.follow(keeper.ground!)
    for (const one of institutions.outdated(Date.now())) {
      const steps = institutions.update(one, Date.now())
      let step = steps.next()
      while (!step.done) {
        const answer = await fetch(`${registry.url}/trust/${step.value.path}`)
        step = steps.next(answer.ok ? new Uint8Array(await answer.arrayBuffer()) : undefined)
      }
    }
    return institutions.roster('gt-renap', Date.now())
  }
  const roleIn = async (institutions: InstitutionsKeeper, userId: string) => {
    const found = await follow(institutions)
    return found.usable
      ? found.roster.validEntry(await rosterId(found.roster.salt, userId), Date.now())?.role
      : found.reason
  }

  await key('vieja')
  await current('a1.json')
  await tool(
    'propose institution --from @a1.json --institution gt-renap --add @vieja.publica.json --out @p1.json',
  )
  expect((await decided('p1.json', ['hn1', 'gt1'])).code).toBe(0)
  await roster(`roster add --institution gt-renap --person ${ANA} --role coordinator`, 'vieja')
  const institutions = new InstitutionsKeeper({ network: false })
  expect(await roleIn(institutions, ANA)).toBe('coordinator')

  // Ana is gone. Eva made a key of her own; what is wrong with a proposal is said in words.
  await key('eva')
  await current('a2.json')
  await said()
  const propose = (more: string) =>
    tool(`propose appoint --from @a2.json --institution gt-renap ${more} --roster @dicho.json --out @p2.json`)
  const names = (who: string) =>
    (JSON.parse(readFileSync(at(`${who}.publica.json`), 'utf8')) as { keyid: string }).keyid
  const two = `--by ${names('hn1')} --by ${names('gt1')}`
  for (const [more, words] of [
    [`--person ${EVA} --add @eva.publica.json --by ${names('hn1')}`, 'una de cada país'],
    [`--person ${EVA} --add @eva.publica.json --by ${names('hn1')} --by ${names('hn1')}`, 'falta GT'],
    [`--person ${EVA} --add @eva.publica.json`, 'una de cada país'],
    [`--person ${EVA} --add @vieja.publica.json ${two}`, 'llave nueva'],
    [`--person @eva:hn.example --add @eva.publica.json ${two}`, 'no tiene su cuenta'],
    [`--add @eva.publica.json ${two}`, '--person'],
    [`--person ${EVA} ${two}`, '--add'],
    [`--person ${EVA} --add @eva.publica.json ${two} --by nadie`, 'no nombra'],
  ] as const)
    expect(await propose(more)).toMatchObject({ code: 1, said: expect.stringContaining(words) })
  const proposed = await propose(`--person ${EVA} --add @eva.publica.json ${two}`)
  expect(proposed).toMatchObject({
    code: 0,
    said: expect.stringContaining('NOMBRA a quien coordina gt-renap'),
  })
  expect(proposed.said).toContain('sigue valiendo hasta que')
  expect(readFileSync(at('p2.json'), 'utf8')).not.toContain('eva:')
  expect((await tool(`show @p2.json --person ${EVA} --person ${ANA}`)).said).toMatch(
    /@eva:gt.example es la persona nombrada[\s\S]*ATENCIÓN: @ana:gt.example no es/,
  )
  // An appointment that somebody wrote into a file is no better.
  const forged = JSON.parse(readFileSync(at('p2.json'), 'utf8')) as {
    targets: { 'x-enlace-appointments': Record<string, { by: string[] }> }
  }
  forged.targets['x-enlace-appointments']['gt-renap']!.by = [names('hn1')]
  writeFileSync(at('forged.json'), JSON.stringify(forged))
  expect(await tool('show @forged.json')).toMatchObject({ code: 1, said: expect.stringContaining('GT') })

  expect((await decided('p2.json', ['hn1'])).code).toBe(3)
  expect((await decided('p2.json', ['hn1', 'gt1'])).code).toBe(0)
  expect(await roleIn(institutions, ANA)).toBe('coordinator')
  expect(institutions.appointment('gt-renap')).toMatchObject({
    by: [names('hn1'), names('gt1')],
    taken: false,
  })
  // A node that starts now, and one that starts again, know it too.
  expect(await roleIn(new InstitutionsKeeper({ network: false }), ANA)).toBe('coordinator')
  const again = new InstitutionsKeeper({ network: false })
  again.follow(keeper.ground!)
  expect(again.restore('gt-renap', institutions.kept('gt-renap')!)).toBe(true)
  expect(await roleIn(again, ANA)).toBe('coordinator')

  // The key before counts no more, the new one does.
  await said()
  expect(
    (await roster(`roster add --from @dicho.json --person @x:gt.example --role staff`, 'vieja')).code,
  ).toBe(1)
  expect(
    await roster(`roster add --anew --from @dicho.json --person ${EVA} --role coordinator`, 'eva'),
  ).toMatchObject({
    code: 0,
  })
  expect([await roleIn(institutions, ANA), await roleIn(institutions, EVA)]).toEqual([
    undefined,
    'coordinator',
  ])
  expect(institutions.appointment('gt-renap')?.taken).toBe(true)

  // It goes on standing there when the list is renewed, and falls with its key.
  await current('a3.json')
  await tool('propose renew --from @a3.json --out @p3.json')
  expect((await decided('p3.json', ['hn2', 'gt1'])).code).toBe(0)
  await follow(institutions)
  expect(institutions.appointment('gt-renap')?.by).toEqual([names('hn1'), names('gt1')])
}, 120_000)
