/** Leaving the institution in one act: who may, what it does, and that nothing stays without an owner, whatever happens between. */
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { type CaseNode, caseApi, type Person, startCaseNode } from '../testing/cases.ts'
import { proofOf } from '../testing/sign-in.ts'
import { openDepartureModel } from './models.ts'
import type { DeparturePlan, DepartureView } from './types.ts'

let net: CaseNode
let boss: Person
let leaver: Person
let heir: Person
const INSTITUTION = 'hn-registro'
beforeEach(async () => {
  net = await startCaseNode()
  boss = await net.join('jefa', INSTITUTION, 'coordinator')
  leaver = net.registrar
  heir = await net.join('relevo', INSTITUTION, 'staff')
})
afterEach(() => net.node.close())

const path = (who: Person | string) =>
  `${caseApi}/institution/people/${encodeURIComponent(typeof who === 'string' ? who : who.userId)}/leave`
const plan = async (by: Person, who = leaver) =>
  (await net.call(by, 'GET', path(who))).body as unknown as DeparturePlan
const leave = (by: Person, who: Person, wishes: object = {}) =>
  net.call(by, 'POST', path(who), { ...wishes, auth: proofOf(by.userId) })
const all = () => ({ shifts_to: heir.userId, cases_to: heir.userId })
const membership = async (who: Person, room = net.roomId) =>
  (await net.node.ctx.rooms.membership(room, who.userId))?.membership

async function onDuty(who: Person) {
  await net.node.ctx.duty.putRoster(boss.userId, {
    shifts: [{ user_id: who.userId, from_ts: net.now(), to_ts: net.now() + 3_600_000 }],
    weekly: [{ user_id: who.userId, weekdays: [1, 2, 3], from: '08:00', to: '16:00' }],
  })
}
/** A case that the person has for the institution responsible, and one they opened. */
async function busy() {
  await onDuty(leaver)
  const theirs = await net.open()
  await net.step(leaver, theirs, { step: 'acknowledge' })
  await net.step(leaver, theirs, { step: 'assign', assignee: leaver.userId })
  const asked = await net.open({ responsible: 'hn-senaf' }, leaver)
  return { theirs, asked }
}

describe('who may', () => {
  test('only whoever shows again that it is them', async () => {
    const bare = (by: Person, wishes: object) => net.call(by, 'POST', path(leaver), wishes)
    const asked = await bare(boss, all())
    expect([asked.status, asked.body['flows']]).toEqual([401, [{ stages: ['m.login.password'] }]])
    const wrong = { ...proofOf(boss.userId), password: 'adivinada' }
    expect((await bare(boss, { ...all(), auth: wrong })).status).toBe(401)
    expect((await bare(boss, { ...all(), auth: proofOf(heir.userId) })).status).toBe(401)
    expect((await plan(boss)).departure).toBeUndefined()
    expect((await net.call(leaver, 'GET', '/account/whoami')).status).toBe(200)
    // Whoever may not do it is not even asked.
    expect((await bare(heir, all())).status).toBe(403)
    expect((await leave(boss, leaver, all())).status).toBe(200)
  })

  test('staff start nobody else’s departure; another institution’s coordinator sees nobody there', async () => {
    for (const who of [heir, net.shelter, net.guest])
      expect((await leave(who, leaver, all())).status).toBe(403)
    const elsewhere = await leave(net.chief, leaver, all())
    const nobody = await net.call(net.chief, 'POST', path('@nadie-asi:hn.example'), all())
    const said = ({ body: { 'org.enlace.request_id': _, ...body } }: typeof nobody) => body
    expect([elsewhere.status, said(elsewhere)]).toEqual([404, said(nobody)])
    expect(said(await net.call(net.chief, 'GET', path(leaver)))).toEqual(said(nobody))
    expect(await membership(leaver)).toBe('join')
    expect((await net.call(leaver, 'GET', '/account/whoami')).status).toBe(200)
  })

  test('whoever writes another institution’s person on their own roster closes no account by it', async () => {
    const { policy } = net.node.ctx
    const placeOf = policy.placeOf.bind(policy)
    vi.spyOn(policy, 'placeOf').mockImplementation(async (userId) =>
      [leaver.userId, net.guest.userId].includes(userId)
        ? { institution: 'hn-senaf', role: 'staff' }
        : placeOf(userId),
    )
    for (const who of [leaver, net.guest]) {
      expect((await net.call(net.chief, 'GET', path(who))).status).toBe(404)
      expect((await leave(net.chief, who)).status).toBe(404)
      expect((await net.call(who, 'GET', '/account/whoami')).status).toBe(200)
    }
    expect(await membership(leaver)).toBe('join')
  })

  test('a coordinator for a colleague, and each person for themself', async () => {
    expect((await leave(boss, leaver, all())).status).toBe(200)
    expect((await leave(heir, heir)).body).toMatchObject({ state: 'done', own: true })
    expect((await net.call(heir, 'GET', '/account/whoami')).body['errcode']).toBe('M_UNKNOWN_TOKEN')
  })

  test('nothing is left without an owner, and nobody who is gone is one', async () => {
    const { asked } = await busy()
    for (const wishes of [
      {},
      { shifts_to: heir.userId },
      { cases_to: heir.userId },
      { ...all(), shifts_to: leaver.userId },
      { ...all(), cases_to: net.shelter.userId },
      { ...all(), cases: { [asked]: '@nadie:hn.example' } },
    ])
      expect((await leave(boss, leaver, wishes)).body).toMatchObject({
        errcode: 'M_INVALID_PARAM',
        'org.enlace.rule': 'departure.unowned',
      })
    await net.node.ctx.accounts.deactivate(heir.userId)
    expect((await leave(boss, leaver, all())).status).toBe(400)
    expect(await plan(boss)).toMatchObject({ colleagues: [{ user_id: boss.userId }] })
    expect((await net.call(leaver, 'GET', '/account/whoami')).status).toBe(200)
  })
})

test('one act: sessions, shifts, cases, channels and account; what they wrote stays and is theirs', async () => {
  const { theirs, asked } = await busy()
  const said = await net.send(leaver, 'm.room.encrypted', {
    algorithm: 'm.megolm.v1.aes-sha2',
    ciphertext: 'x',
  })
  const before = await plan(boss)
  expect(before).toMatchObject({
    institution: INSTITUTION,
    account: 'closes',
    last_coordinator: false,
    had_key: false,
    rooms: { channels: 1 },
    shifts: { turns: [{ user_id: leaver.userId }], overrides: [{ user_id: leaver.userId }] },
  })
  expect(before.cases.map(({ case_id, side }) => [case_id, side])).toEqual(
    expect.arrayContaining([
      [theirs, 'owner'],
      [asked, 'requesting'],
    ]),
  )
  const { body } = await leave(boss, leaver, { ...all(), cases: { [asked]: boss.userId } })
  const done = body as unknown as DepartureView
  expect(done.state).toBe('done')
  expect(done.steps.every((one) => one.done_ts !== undefined)).toBe(true)

  expect((await net.call(leaver, 'GET', '/sync')).body['errcode']).toBe('M_UNKNOWN_TOKEN')
  expect((await net.node.login('registro')).status).toBe(403)
  expect(await membership(leaver)).toBe('leave')
  expect(await net.node.ctx.cases.state(theirs)).toMatchObject({ assignee: heir.userId })
  expect(await net.node.ctx.cases.state(asked)).toMatchObject({ follower: boss.userId })
  await net.node.ctx.cases.settled()
  expect(net.node.ctx.cases.row(asked)).toMatchObject({ follower: boss.userId, opened_by: leaver.userId })
  const held = await net.node.ctx.duty.heldBy(INSTITUTION, heir.userId)
  expect([held.turns.length, held.overrides.length]).toEqual([1, 1])
  expect((await net.node.ctx.duty.heldBy(INSTITUTION, leaver.userId)).turns).toEqual([])
  // Whoever began it says it, and the name stays.
  const member = (await net.node.ctx.rooms.currentState(net.roomId)).get('m.room.member', leaver.userId)
  expect(member?.pdu.content).toMatchObject({ membership: 'leave' })
  const kept = await net.call(boss, 'GET', `/rooms/${net.roomId}/event/${said.body['event_id']}`)
  expect(kept.body).toMatchObject({ sender: leaver.userId, content: { ciphertext: 'x' } })
  expect(await net.call(boss, 'GET', `${caseApi}/institution/departures`)).toMatchObject({
    body: { departures: [{ user_id: leaver.userId, state: 'done' }] },
  })
})

test('begun again, or by two at once, it is one departure', async () => {
  const { theirs } = await busy()
  const [one, two] = await Promise.all([leave(boss, leaver, all()), leave(boss, leaver, all())])
  expect([one.status, two.status].every((status) => status === 200 || status === 404)).toBe(true)
  const { history } = (await net.node.ctx.cases.state(theirs))!
  expect(history.filter(({ step }) => step === 'assign')).toHaveLength(2)
  const listed = await net.call(boss, 'GET', `${caseApi}/institution/departures`)
  expect(listed.body['departures']).toHaveLength(1)
})

test('a crash between any two steps: it is taken up, and nothing is done twice', async () => {
  const { theirs, asked } = await busy()
  const { body } = await leave(boss, leaver, all())
  const { id, steps } = body as unknown as DepartureView
  const before = await net.node.ctx.rooms.timeline(net.roomId, { dir: 'b', limit: 200 })
  const model = await openDepartureModel(net.node.ctx.db).catch(() =>
    net.node.ctx.db.connection.model('departures'),
  )
  for (const [at] of steps.entries()) {
    // What was done after the last step that was written down.
    const unset = Object.fromEntries(steps.slice(at).map(({ step }) => [`steps.${step}`, 1]))
    await model.updateOne({ _id: id }, { $set: { state: 'open' }, $unset: unset })
    await net.node.reopen('departures')
    await net.node.ctx.departures.resume()
    const listed = await net.call(boss, 'GET', `${caseApi}/institution/departures`)
    expect(listed.body['departures']).toMatchObject([{ id, state: 'done' }])
  }
  expect(await net.node.ctx.rooms.timeline(net.roomId, { dir: 'b', limit: 200 })).toHaveLength(before.length)
  expect((await net.node.ctx.cases.state(theirs))?.assignee).toBe(heir.userId)
  expect((await net.node.ctx.cases.state(asked))?.follower).toBe(heir.userId)
})

test('an open /sync and a message on its way end with the session', async () => {
  const first = await net.call(leaver, 'GET', '/sync')
  const since = String(first.body['next_batch'])
  const open = net.call(leaver, 'GET', `/sync?since=${since}&timeout=20000`)
  expect((await leave(boss, leaver, all())).body['state']).toBe('done')
  const secret = { algorithm: 'm.megolm.v1.aes-sha2', ciphertext: 'after-noon' }
  expect((await net.send(leaver, 'm.room.encrypted', secret)).body['errcode']).toBe('M_UNKNOWN_TOKEN')
  await net.send(boss, 'm.room.encrypted', secret)
  expect(JSON.stringify((await open).body)).not.toContain('after-noon')
})

test('a colleague who leaves before the hand-over is done is not an owner: another is named', async () => {
  const { theirs } = await busy()
  const { passOn } = net.node.ctx.duty
  net.node.ctx.duty.passOn = async () => {
    throw new Error('as if the database were away')
  }
  const begun = (await leave(boss, leaver, all())).body as unknown as DepartureView
  expect(begun.state).toBe('open')
  expect(begun.steps.find(({ step }) => step === 'shifts')?.problem?.es).toBeDefined()
  // The phone is shut out all the same.
  expect((await net.call(leaver, 'GET', '/account/whoami')).status).toBe(401)
  expect((await net.node.login('registro')).status).toBe(403)
  net.node.ctx.duty.passOn = passOn
  await net.node.ctx.accounts.deactivate(heir.userId)
  await net.node.ctx.departures.resume()
  const waiting = await plan(boss)
  expect(waiting.departure?.steps.find(({ step }) => step === 'shifts')?.problem?.es).toContain(heir.userId)
  const named = await leave(boss, leaver, { shifts_to: boss.userId, cases_to: boss.userId })
  expect(named.body['state']).toBe('done')
  expect((await net.node.ctx.cases.state(theirs))?.assignee).toBe(boss.userId)
})

test('the last to coordinate names a successor, who coordinates from then on', async () => {
  expect(await plan(boss, boss)).toMatchObject({ last_coordinator: true, had_key: true })
  expect((await leave(boss, boss)).body['errcode']).toBe('M_INVALID_PARAM')
  expect((await leave(boss, boss, { successor: net.shelter.userId })).status).toBe(400)
  expect((await leave(boss, boss, { successor: heir.userId })).body['state']).toBe('done')
  expect((await net.node.ctx.accounts.get(heir.userId))?.role).toBe('coordinator')
})
