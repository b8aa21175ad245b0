import { describe, expect, test } from 'vitest'
import { RequestError } from '../../lib/failure.ts'
import { createPublications } from './publications.ts'

const one = {
  institution: 'gt-renap',
  summary: ['Se agrega a Ana.'],
  publication: {
    _type: 'enlace-institution-publication' as const,
    role: 'gt-renap',
    metadata: '{}',
    targets: { 'gt-renap/roster.json': '{}' },
  },
}

function device(answers: (Error | undefined)[], disk = new Map<string, unknown>()) {
  const sent: unknown[] = []
  const model = createPublications({
    request: async (_method, path, body) => {
      sent.push([path, body])
      const answer = answers.shift()
      if (answer) throw answer
      return { version: 2 }
    },
    database: {
      get: async (_store, key) => disk.get(key),
      put: async (_store, key, value) => void disk.set(key, structuredClone(value)),
    },
  })
  return { model, sent, disk }
}

describe('what was signed', () => {
  test('for one institution is not lost while another’s is being sent, however slow the disk is', async () => {
    const disk = new Map<string, unknown>()
    const sent: string[] = []
    const model = createPublications({
      request: async (_method, path) => {
        sent.push(path)
        throw new TypeError('Failed to fetch')
      },
      database: {
        get: async (_store, key) => disk.get(key),
        put: async (_store, key, value) => {
          await new Promise((done) => setTimeout(done, disk.size === 0 ? 8 : 1))
          disk.set(key, structuredClone(value))
        },
      },
    })
    const institutions = ['gt-renap', 'hn-rnp', 'gt-sbs']
    const said = institutions.map((institution) => model.publish({ ...one, institution }))
    expect(await Promise.all(said)).toEqual(['waiting', 'waiting', 'waiting'])
    expect([...model.pending.get().keys()].sort()).toEqual([...institutions].sort())
    expect(
      (disk.get('institution_publications') as { institution: string }[])
        .map((kept) => kept.institution)
        .sort(),
    ).toEqual([...institutions].sort())
    expect(sent).toHaveLength(3)
    model.close()
  })

  test('is sent, and gone when it was taken', async () => {
    const { model, sent } = device([undefined])
    expect(await model.publish(one)).toBe('taken')
    expect(sent).toEqual([['/_enlace/client/v1/trust/institutions/gt-renap', one.publication]])
    expect(model.pending.get().size).toBe(0)
    model.close()
  })

  test('waits while nobody answers, also over a restart, and then goes', async () => {
    const first = device([new TypeError('Failed to fetch')])
    expect(await first.model.publish(one)).toBe('waiting')
    first.model.close()
    const second = device([new RequestError(502, {}), undefined], first.disk)
    await second.model.load()
    await expect.poll(() => second.model.pending.get().get(one.institution)?.state).toBe('waiting')
    expect(second.model.pending.get().get(one.institution)).toMatchObject({ summary: one.summary })
    second.model.wake()
    await expect.poll(() => second.model.pending.get().size).toBe(0)
    expect(second.sent).toHaveLength(2)
    second.model.close()
  })

  test('stays with its reason when it is refused, until the person has seen it', async () => {
    const refusal = new RequestError(403, {
      errcode: 'M_FORBIDDEN',
      'org.enlace.rule': 'institution.rollback',
      'org.enlace.message': { es: 'Ya hay otra.', en: 'There is another.' },
    })
    const { model, disk } = device([refusal])
    expect(await model.publish(one)).toBe('refused')
    expect(model.pending.get().get(one.institution)).toMatchObject({
      state: 'refused',
      code: 'institution.rollback',
      failure: { kind: 'refused', message: { es: 'Ya hay otra.' } },
    })
    const later = device([], disk)
    await later.model.load()
    expect(later.model.pending.get().get(one.institution)?.state).toBe('refused')
    expect(later.sent).toEqual([])
    await later.model.discard(one.institution)
    expect(later.model.pending.get().size).toBe(0)
    model.close()
    later.model.close()
  })
})
