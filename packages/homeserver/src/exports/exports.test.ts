/** What leaves: only for whom it is for, never before the log has it, and such that anybody verifies it without the node. */
import {
  createPackage,
  eventsFileOf,
  folderOf,
  type Manifest,
  SERVERS,
  sha256Hex,
  type Text,
  textsFileOf,
} from '@enlace/evidence'
import { verifyPackage } from '@enlace/evidence/verify'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { packageSaid } from '../operator/areas/exports.ts'
import { type CaseNode, caseApi, type Person, startCaseNode } from '../testing/cases.ts'
import { PASSWORD } from '../testing/node.ts'

const api = `${caseApi}/exports`
let net: CaseNode
beforeEach(async () => {
  net = await startCaseNode({
    password_alone: true,
  })
})
afterEach(() => net.node.close())

type Json = Record<string, unknown>

/** Confirms with the password, as people do. */
async function confirmed(who: Person, path: string, body: Json, password = PASSWORD) {
  const asked = await net.call(who, 'POST', path, body)
  if (asked.status !== 401) return asked
  const auth = {
    type: 'm.login.password',
    identifier: { type: 'm.id.user', user: who.userId },
    password,
    session: asked.body['session'],
  }
  return net.call(who, 'POST', path, { ...body, auth })
}

async function lines(who: Person, path: string, body: Json): Promise<Json[]> {
  const { status, bytes } = await net.call(who, 'POST', path, body)
  expect(status).toBe(200)
  const all = bytes
    .toString()
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Json)
  expect(all.pop()).toEqual({ end: true })
  return all
}

/** A case of the shelter's, answered by the registry, with something written in its thread. */
async function aCase(): Promise<{ id: string; official: Person }> {
  const official = await net.join('oficial', 'gt-casa', 'official')
  const id = await net.open()
  await net.step(net.registrar, id, { step: 'acknowledge' })
  const sealed = (relation: object, ciphertext: string) =>
    net.send(net.shelter, 'm.room.encrypted', {
      algorithm: 'm.megolm.v1.aes-sha2',
      ciphertext,
      session_id: 's',
      'm.relates_to': relation,
    })
  const first = await sealed({ rel_type: 'm.thread', event_id: id }, 'AwgAcarta')
  await sealed({ rel_type: 'm.replace', event_id: first.body['event_id'] }, 'AwgAcorregida')
  await sealed({ rel_type: 'm.thread', event_id: await net.open() }, 'AwgAajena')
  return { id, official }
}

const acts = async (act: string) =>
  (await net.node.ctx.audit.find({})).entries.filter((entry) => entry.act === act)

test('a case is exported as it was signed, verified without the node, and in the log before it left', async () => {
  const { id, official } = await aCase()
  const begun = await confirmed(official, `${api}/cases`, { case_ids: [id], purpose: 'court' })
  expect(begun.status).toBe(200)
  const { grant, export_id: exportId } = begun.body as { grant: string; export_id: string }
  expect(await acts('export.case')).toMatchObject([
    { by: official.userId, case: id, facts: { export: exportId, purpose: 'court' } },
  ])
  const [header, ...events] = await lines(official, `${api}/case-events`, { grant, case_id: id })
  const pdus = events as { event_id: string; pdu: { type: string; content: Json } }[]
  expect(pdus.filter(({ pdu }) => pdu.type === 'm.room.encrypted')).toHaveLength(2)
  expect(JSON.stringify(pdus)).not.toContain('AwgAajena')
  const keys = await net.call(official, 'POST', `${api}/server-keys`, { grant, servers: [] })

  const texts: Text[] = []
  for (const { event_id, pdu } of pdus)
    if (pdu.type === 'm.room.encrypted')
      texts.push({
        event_id,
        ciphertext_sha256: await sha256Hex(Buffer.from(String(pdu.content['ciphertext']))),
        type: 'm.room.message',
        content: { body: 'lo que se leyó' },
      })
  const reference = net.node.ctx.cases.row(id)!.reference
  const about = { id, reference, room_id: net.roomId, folder: folderOf(reference, 0) }
  const manifest: Omit<Manifest, 'files'> = {
    type: 'org.enlace.export',
    version: 1,
    export_id: exportId,
    kind: 'cases',
    made_ts: Date.now(),
    made_by: official.userId,
    server_name: net.node.ctx.serverName,
    institution: 'gt-casa',
    purpose: 'court',
    cases: [about],
    withheld: [],
  }
  const writer = createPackage()
  await writer.add('expediente.html', '<!doctype html>')
  await writer.add(eventsFileOf(about.folder), JSON.stringify({ ...header, events: pdus }))
  await writer.add(
    textsFileOf(about.folder),
    JSON.stringify({ case_id: id, texts, withheld: [], unreadable: [] }),
  )
  await writer.add(SERVERS, JSON.stringify(keys.body))
  const { parts, manifestSha256 } = await writer.finish(manifest, async (hash) => {
    const signed = await net.call(official, 'POST', `${api}/sign`, { grant, manifest_sha256: hash })
    expect(signed.status).toBe(200)
    return { server: signed.body }
  })
  expect((await acts('export.case'))[0]).toMatchObject({
    facts: { export: exportId, manifest: manifestSha256 },
  })

  const { keyId, publicKeyBase64 } = net.node.ctx.signingKey
  const verdict = await verifyPackage(Buffer.concat(parts), {
    keys: { [net.node.ctx.serverName]: { [keyId]: publicKeyBase64 } },
  })
  expect(verdict.fault).toBeUndefined()
  expect(verdict.cases).toMatchObject([{ reference, texts: 2, missing: [] }])
  expect(packageSaid(verdict, 'es')).toContain('no la firmó con su clave')
  expect(packageSaid(verdict, 'en')).toContain('Who sent which encrypted message')
})

test('only coordinators and officials of a party, who are in the channel, and who say who they are', async () => {
  const { id, official } = await aCase()
  const stranger = await net.join('ajena', 'gt-malo', 'coordinator')
  const away = await net.person('lejos', 'gt-casa', 'official')
  const wanted = { case_ids: [id], purpose: 'court' }
  const rule = async (who: Person) => (await confirmed(who, `${api}/cases`, wanted)).body['org.enlace.rule']
  expect(await rule(net.shelter)).toBe('export.role')
  expect(await rule(stranger)).toBe('export.party')
  expect((await confirmed(away, `${api}/cases`, wanted)).status).toBe(404)
  expect((await confirmed(official, `${api}/cases`, wanted, 'otra')).status).toBe(401)
  expect((await confirmed(official, `${api}/cases`, { ...wanted, case_ids: ['$no'] })).status).toBe(404)
  expect((await confirmed(official, `${api}/cases`, { ...wanted, purpose: 'vender' })).status).toBe(400)
  expect(await acts('export.case')).toEqual([])
})

test('a permission is of one person on one device, for what it names, and for a while', async () => {
  const { id, official } = await aCase()
  const other = await net.join('otra', 'gt-casa', 'official')
  const elsewhere = await net.open()
  const { body } = await confirmed(official, `${api}/cases`, { case_ids: [id], purpose: 'person' })
  const grant = String(body['grant'])
  const ask = async (who: Person, text: string, wanted = id) =>
    (await net.call(who, 'POST', `${api}/case-events`, { grant: text, case_id: wanted })).status
  expect(await ask(official, grant)).toBe(200)
  expect(await ask(other, grant)).toBe(403)
  expect(await ask(official, grant, elsewhere)).toBe(404)
  const [said, mac] = grant.split('.')
  const widened = Buffer.from(said!, 'base64url').toString().replace(id, elsewhere)
  expect(await ask(official, `${Buffer.from(widened).toString('base64url')}.${mac}`, elsewhere)).toBe(403)
  expect(await ask(official, 'nada')).toBe(403)
  expect((await net.call(official, 'POST', `${api}/own-data`, { grant })).status).toBe(404)
  await net.call(net.chief, 'POST', `/rooms/${net.roomId}/kick`, { user_id: official.userId })
  expect(await ask(official, grant)).toBe(404)
  net.advance(3 * 3_600_000)
  const hash = 'a'.repeat(64)
  expect((await net.call(official, 'POST', `${api}/sign`, { grant, manifest_sha256: hash })).status).toBe(403)
})

test('what cannot be recorded does not leave, and is not signed', async () => {
  const { id, official } = await aCase()
  const broken = vi.spyOn(net.node.ctx.audit, 'record').mockRejectedValue(new Error('the disk is full'))
  const refused = await confirmed(official, `${api}/cases`, { case_ids: [id], purpose: 'court' })
  expect(refused.status).toBe(500)
  expect(refused.body['grant']).toBeUndefined()
  broken.mockRestore()
  const { body } = await confirmed(official, `${api}/cases`, { case_ids: [id], purpose: 'court' })
  vi.spyOn(net.node.ctx.audit, 'record').mockRejectedValue(new Error('the disk is full'))
  const signed = await net.call(official, 'POST', `${api}/sign`, {
    grant: body['grant'],
    manifest_sha256: 'b'.repeat(64),
  })
  expect(signed.status).toBe(500)
  expect(signed.body['signatures']).toBeUndefined()
})

test('one’s own data: everything the node holds of the account, nothing of others, no secret', async () => {
  const { official } = await aCase()
  const begun = await confirmed(official, `${api}/own`, {})
  expect(begun.status).toBe(200)
  expect(await acts('export.person')).toMatchObject([{ by: official.userId, on: official.userId }])
  const grant = String(begun.body['grant'])
  const found = await lines(official, `${api}/own-data`, { grant })
  const sections = new Set(found.map(({ section }) => section))
  for (const wanted of ['account', 'profile', 'place', 'session', 'membership', 'alert_settings', 'activity'])
    expect(sections).toContain(wanted)
  const text = JSON.stringify(found)
  expect(text).toContain(official.userId)
  expect(text).not.toMatch(/password_hash|scrypt|argon|"salt"|refresh_token|access_token|"secret"/)
  expect(text).not.toContain(official.token)
  for (const { section, data } of found)
    if (section === 'activity') {
      const { by, on } = data as { by: string; on?: string }
      expect([by, on]).toContain(official.userId)
    }
  // Staff have the right to their data as well.
  expect((await confirmed(net.shelter, `${api}/own`, {})).status).toBe(200)
  expect((await net.call(official, 'POST', `${api}/case-events`, { grant, case_id: '$x' })).status).toBe(404)
})

test('a permission for one’s own data opens no case, of whatever channel', async () => {
  const { id, official } = await aCase()
  for (const who of [official, net.shelter, net.guest]) {
    const { body } = await confirmed(who, `${api}/own`, {})
    const asked = await net.call(who, 'POST', `${api}/case-events`, { grant: body['grant'], case_id: id })
    expect(asked.status).toBe(404)
    expect(asked.bytes.toString()).not.toContain(net.roomId)
  }
  expect(await acts('export.case')).toEqual([])
})

test('whoever has lost the role, or speaks for another institution by now, goes on with nothing', async () => {
  const { id, official } = await aCase()
  const { body } = await confirmed(official, `${api}/cases`, { case_ids: [id], purpose: 'court' })
  const grant = body['grant']
  const status = async (path: string, more: Json) =>
    (await net.call(official, 'POST', `${api}/${path}`, { grant, ...more })).status
  const sign = () => status('sign', { manifest_sha256: 'c'.repeat(64) })
  for (const position of [
    { institution: 'gt-casa', role: 'staff' },
    { institution: 'hn-registro', role: 'official' },
  ] as const) {
    await net.node.ctx.accounts.setPosition(official.userId, position)
    expect(await status('case-events', { case_id: id })).toBe(403)
    expect(await status('server-keys', { servers: [] })).toBe(403)
    expect(await sign()).toBe(403)
  }
  await net.node.ctx.accounts.setPosition(official.userId, { institution: 'gt-casa', role: 'official' })
  expect(await sign()).toBe(200)
})
