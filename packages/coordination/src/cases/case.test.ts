import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { TimelineEvent } from '../causal-order.ts'
import {
  caseContent,
  court,
  openCase,
  protection,
  registry,
  registryChief,
  requester,
  step,
} from '../testing.ts'
import { type CaseState, possibleSteps, reduceCase, reduceCases, refusalOf } from './case.ts'
import { caseRow } from './case-board.ts'
import {
  type Actor,
  type CaseStepDraft,
  caseContentSchema,
  caseUpdateContent,
  caseUpdateContentSchema,
} from './case-events.ts'
import { finalStatuses } from './case-families.ts'
import { type CaseStep, caseStepKeys, stepsOf } from './case-steps.ts'

const reduce = (...events: TimelineEvent[]): CaseState => {
  const state = reduceCases(events).cases.get('$case')
  if (!state) throw new Error('no case')
  return state
}

/** Steps one after the other, each knowing all before it. */
function chainOf(steps: [Actor, CaseStepDraft][]): TimelineEvent[] {
  return steps.map(([by, draft], at) =>
    step(`$s${at}`, 2_000 + at, by, draft, at === 0 ? [] : [`$s${at - 1}`]),
  )
}

const issued: [Actor, CaseStepDraft][] = [
  [registry, { step: 'acknowledge' }],
  [registry, { step: 'accept' }],
  [registry, { step: 'start' }],
  [registry, { step: 'ask_information', reason: 'data_missing' }],
  [requester, { step: 'give_information' }],
  [registry, { step: 'issue', document: { type: 'birth_certificate', event_id: '$doc' } }],
]

describe('a documentation case', () => {
  test('goes its whole way, and every time is kept', () => {
    const state = reduce(
      openCase(),
      ...chainOf([
        ...issued,
        [requester, { step: 'deliver', delivered: { to: 'parent', identity_check: 'identity_document' } }],
        [requester, { step: 'close', reason: 'fulfilled' }],
      ]),
    )
    expect(state).toMatchObject({
      status: 'closed',
      owner: registry.institution,
      delivered: { to: 'parent', identity_check: 'identity_document' },
      documents: [{ type: 'birth_certificate', eventId: '$doc', by: registry.institution }],
      refused: [],
      waiting: [],
      heads: ['$s7'],
    })
    expect(state.times).toMatchObject({
      sent: 1_000,
      acknowledged: 2_000,
      issued: 2_005,
      delivered: 2_006,
      closed: 2_007,
    })
  })

  test.each<[string, Actor, CaseStepDraft, string]>([
    ['the requester accepts', requester, { step: 'accept' }, 'illegal_step'],
    ['another institution acknowledges', court, { step: 'acknowledge' }, 'not_a_party'],
    ['the owner revokes', registry, { step: 'revoke', reason: 'other' }, 'not_a_party'],
    ['revoked without a reason', requester, { step: 'revoke' }, 'missing_field'],
    ['issued before it was sent for', registry, { step: 'issue' }, 'illegal_step'],
    [
      'staff move the deadline',
      registry,
      { step: 'set_deadline', deadline: 9, reason: 'workload' },
      'not_a_party',
    ],
    ['a child’s step', registry, { step: 'hand_over', authority: registry.institution }, 'illegal_step'],
    ['staff move it with another step', registry, { step: 'acknowledge', deadline: 9 }, 'unexpected_field'],
    ['a transfer nobody offered', court, { step: 'accept_transfer' }, 'no_offer'],
  ])('refuses: %s', (_, by, draft, reason) => {
    const state = reduce(openCase(), step('$x', 2_000, by, draft))
    expect(state.status).toBe('sent')
    expect(state.refused).toMatchObject([{ eventId: '$x', reason, status: 'sent' }])
    expect(state.history).toEqual([])
  })

  test('an institution its server does not host changes nothing', () => {
    const state = reduceCase(
      openCase(),
      [step('$x', 2_000, registry, { step: 'acknowledge' })],
      (_, institution) => institution !== registry.institution,
    )
    expect(state).toMatchObject({ status: 'sent', refused: [{ reason: 'not_believed' }] })
    expect(reduceCase(openCase(), [], () => false)).toBe('not_believed')
  })

  test('a clock that runs behind does not reorder what people saw', () => {
    const state = reduce(
      step('$b', 5, registry, { step: 'accept' }, ['$a']),
      openCase(),
      step('$a', 9_000, registry, { step: 'acknowledge' }),
    )
    expect(state).toMatchObject({ status: 'accepted', refused: [] })
  })

  test('a step that follows one not yet here waits for it', () => {
    const events = [openCase(), step('$b', 3_000, registry, { step: 'accept' }, ['$a'])]
    expect(reduce(...events)).toMatchObject({ status: 'sent', waiting: [{ eventId: '$b' }], refused: [] })
    expect(reduce(...events, step('$a', 2_000, registry, { step: 'acknowledge' })).status).toBe('accepted')
  })

  test('a redacted step does not hold up what follows it', () => {
    const gone = { ...step('$a', 2_000, registry, { step: 'acknowledge' }), content: {} }
    const state = reduce(openCase(), gone, step('$b', 3_000, registry, { step: 'acknowledge' }, ['$a']))
    expect(state).toMatchObject({ status: 'acknowledged', waiting: [] })
  })

  test('ended cases are opened again where they were', () => {
    const rejected: [Actor, CaseStepDraft][] = [
      [registry, { step: 'acknowledge' }],
      [registry, { step: 'accept' }],
      [registry, { step: 'reject', reason: 'not_found' }],
    ]
    expect(
      reduce(
        openCase(),
        ...chainOf([...rejected, [requester, { step: 'reopen', reason: 'new_information' }]]),
      ).status,
    ).toBe('accepted')
    expect(
      reduce(
        openCase(),
        ...chainOf([
          ...rejected,
          [requester, { step: 'close' }],
          [registry, { step: 'reopen', reason: 'new_information' }],
        ]),
      ).status,
    ).toBe('accepted')
  })
})

describe('responsibility', () => {
  test('changes when the other accepts, not before, and never ends', () => {
    const offer: [Actor, CaseStepDraft] = [
      registry,
      { step: 'offer_transfer', to: 'hn-sreci', reason: 'not_competent' },
    ]
    const consulate: Actor = { institution: 'hn-sreci', role: 'staff' }
    const offered = reduce(openCase(), ...chainOf([offer]))
    expect(offered).toMatchObject({ owner: registry.institution, offered: { to: 'hn-sreci' } })
    expect(refusalOf(offered, { step: 'accept_transfer', by: court })).toBe('not_a_party')
    expect(
      reduce(
        openCase(),
        ...chainOf([offer, [consulate, { step: 'reject_transfer', reason: 'no_capacity' }]]),
      ),
    ).toMatchObject({ owner: registry.institution, status: 'sent' })
    const taken = reduce(openCase(), ...chainOf([offer, [consulate, { step: 'accept_transfer' }]]))
    expect(taken.owner).toBe('hn-sreci')
    expect(taken.offered).toBeUndefined()
    expect(refusalOf(taken, { step: 'acknowledge', by: registry })).toBe('not_a_party')
  })

  test('of a transfer stays with who transfers until it is accepted', () => {
    const open = openCase({ kind: 'transfer', reference: 'TRF-2026-010001' })
    expect(reduce(open).owner).toBe(requester.institution)
    const state = reduce(
      open,
      ...chainOf([
        [registry, { step: 'acknowledge' }],
        [registry, { step: 'accept' }],
      ]),
    )
    expect(state).toMatchObject({ owner: registry.institution, status: 'accepted' })
    expect(
      reduce(
        open,
        ...chainOf([
          [registry, { step: 'acknowledge' }],
          [registry, { step: 'reject', reason: 'no_capacity' }],
        ]),
      ),
    ).toMatchObject({ owner: requester.institution, status: 'rejected' })
  })
})

test('a return notice is acknowledged by each institution', () => {
  const open = openCase({
    kind: 'return_notice',
    reference: 'RET-2026-010001',
    receiving: [registry.institution, protection.institution],
  })
  const one = chainOf([[registry, { step: 'acknowledge' }]])
  expect(reduce(open, ...one)).toMatchObject({ status: 'sent', receiving: [{ acknowledgedAt: 2_000 }, {}] })
  const steps: [Actor, CaseStepDraft][] = [
    [registry, { step: 'acknowledge' }],
    [registry, { step: 'acknowledge' }],
    [protection, { step: 'acknowledge' }],
    [protection, { step: 'arrive' }],
    [protection, { step: 'receive' }],
  ]
  expect(reduce(open, ...chainOf(steps))).toMatchObject({
    status: 'received',
    receiving: [{ acknowledgedAt: 2_000 }, { acknowledgedAt: expect.any(Number) }],
    refused: [{ reason: 'already_done' }],
  })
})

test('8.12 an envelope of the time when they told of groups and children is understood, and shown without that', () => {
  const counts = { adults: 10, families: 2, unaccompanied_children: 3, medical_needs: 1 }
  const told = {
    kind: 'return_notice',
    reference: 'RET-2026-010001',
    receiving: [protection.institution],
    responsible: protection.institution,
    minor: true,
    counts,
    arrival: { expected_ts: 9_000, route: 'corinto', transport: 'bus' },
  }
  const open = openCase(told as never)
  const steps: [Actor, CaseStepDraft][] = [
    [protection, { step: 'acknowledge' }],
    [protection, { step: 'arrive' }],
    [protection, { step: 'receive', counts } as never],
  ]
  const state = reduce(open, ...chainOf(steps))
  expect(state).toMatchObject({ status: 'received', refused: [] })
  expect(JSON.stringify([state, caseRow(state)])).not.toMatch(
    /unaccompanied|expected_ts|"(bus|minor|counts|arrival)"/,
  )
  // It is not sent like that any more.
  expect(caseContentSchema.safeParse(open.content).success).toBe(false)
  const {
    minor: _m,
    counts: _c,
    arrival: _a,
    ...rest
  } = caseContent(told as never) as Record<string, unknown>
  expect(caseContentSchema.safeParse(rest).success).toBe(true)
  const taken = caseUpdateContent({ id: '$case', heads: [] }, protection, { step: 'receive' })
  expect(caseUpdateContentSchema.safeParse(taken).success).toBe(true)
  expect(caseUpdateContentSchema.safeParse({ ...taken, counts }).success).toBe(false)
})

test('a child’s case records the competent authority and its document at each step', () => {
  const open = openCase({
    kind: 'child_return',
    reference: 'NNA-2026-010001',
    requesting: court.institution,
    responsible: protection.institution,
    by: court,
  })
  const authority = court.institution
  const steps: [Actor, CaseStepDraft][] = [
    [court, { step: 'protect', authority }],
    [court, { step: 'present_to_court', authority }],
    [court, { step: 'order_return', authority, document: { type: 'court_order', event_id: '$order' } }],
    [
      protection,
      {
        step: 'document',
        authority: protection.institution,
        document: { type: 'birth_certificate', event_id: '$d' },
      },
    ],
    [protection, { step: 'arrange_transfer', authority: protection.institution }],
    [
      protection,
      {
        step: 'hand_over',
        authority: protection.institution,
        document: { type: 'handover_record', event_id: '$h' },
      },
    ],
  ]
  const state = reduce(open, ...chainOf(steps))
  expect(state).toMatchObject({ status: 'handed_over', deadline: 2_005 + 72 * 3_600_000, refused: [] })
  expect(state.documents.map((one) => [one.type, one.authority])).toContainEqual(['court_order', authority])
  expect(reduce(open, ...chainOf([[court, { step: 'protect' }]])).refused).toMatchObject([
    { reason: 'missing_field' },
  ])
})

test.each([
  [{ name: 'Ana' }],
  [{ by: registry }],
  [{ reference: 'RET-2026-010001' }],
  [{ receiving: ['hn-rnp-sps'] }],
  [{ kind: 'return_notice', reference: 'RET-2026-010001' }],
  [{ deadline: Number.POSITIVE_INFINITY }],
])('what is not an envelope opens no case: %o', (more) => {
  const { cases, refused } = reduceCases([openCase(more as never)])
  expect(cases.size).toBe(0)
  expect(refused).toMatchObject([{ eventId: '$case', reason: 'malformed' }])
})

test('steps offered are possible once their fields are filled in', () => {
  const state = reduce(openCase(), ...chainOf(issued.slice(0, 3)))
  expect(possibleSteps(state, registry)).toEqual(
    expect.arrayContaining(['ask_information', 'issue', 'reject', 'assign', 'offer_transfer']),
  )
  expect(possibleSteps(state, registry)).not.toContain('set_deadline')
  expect(possibleSteps(state, registryChief)).toContain('set_deadline')
  expect(possibleSteps(state, court)).toEqual([])
})

/** Three nodes, cut off from each other at will, whose people try whatever they like with clocks that jump. */
describe('three nodes', () => {
  const people: [node: number, by: Actor][] = [
    [0, requester],
    [0, court],
    [1, registry],
    [1, registryChief],
    [2, protection],
    [2, { institution: 'hn-sreci', role: 'official' }],
  ]
  const kinds = [
    { kind: 'birth_certificate', reference: 'DOC-2026-010001' },
    { kind: 'child_return', reference: 'NNA-2026-010001' },
    { kind: 'referral', reference: 'REF-2026-010001' },
    { kind: 'transfer', reference: 'TRF-2026-010001' },
    {
      kind: 'return_notice',
      reference: 'RET-2026-010001',
      receiving: [registry.institution, protection.institution],
    },
  ] as const

  const action = fc.oneof(
    {
      weight: 6,
      arbitrary: fc.record({
        do: fc.constant('likely' as const),
        who: fc.nat(people.length - 1),
        pick: fc.nat(30),
        case: fc.nat(1),
      }),
    },
    {
      weight: 2,
      arbitrary: fc.record({
        do: fc.constant('any' as const),
        who: fc.nat(people.length - 1),
        step: fc.constantFrom(...caseStepKeys),
        bare: fc.boolean(),
        case: fc.nat(1),
      }),
    },
    {
      weight: 3,
      arbitrary: fc.record({
        do: fc.constant('deliver' as const),
        from: fc.nat(2),
        to: fc.nat(2),
        share: fc.integer({ min: 1, max: 4 }),
      }),
    },
    {
      weight: 1,
      arbitrary: fc.record({
        do: fc.constant('clock' as const),
        node: fc.nat(2),
        to: fc.integer({ min: 0, max: 50_000 }),
      }),
    },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('redact' as const), pick: fc.nat(50) }) },
  )

  const filled = (step: CaseStep): CaseStepDraft => ({
    step,
    reason: 'other',
    document: { type: 'other', event_id: '$doc' },
    delivered: { to: 'holder', identity_check: 'biometric' },
    to: 'hn-sreci',
    assignee: '@a:b',
    ...(step === 'set_deadline' ? { deadline: 77_000 } : {}),
    priority: 'low',
    link: { rel: 'waits_for', event_id: '$other', room_id: '!other', reference: 'DOC-2026-010009' },
  })

  test('hold the same boards after healing; no illegal state; nothing lost', () => {
    fc.assert(
      fc.property(
        fc.tuple(fc.constantFrom(...kinds), fc.constantFrom(...kinds)),
        fc.array(action, { maxLength: 60 }),
        fc.infiniteStream(fc.nat()),
        (two, actions, noise) => {
          const random = (below: number) => (noise.next().value as number) % below
          const roots = two
            .map((one, at) =>
              openCase(
                {
                  ...caseContent(),
                  ...one,
                  receiving: 'receiving' in one ? [...one.receiving] : undefined,
                } as never,
                `$case${at}`,
                1_000 + at,
              ),
            )
            .map((event) => ({ ...event, content: JSON.parse(JSON.stringify(event.content)) as unknown }))
          const nodes = [0, 1, 2].map(() => [...roots])
          const clocks = [2_000, 2_000, 2_000]
          const redacted = new Set<string>()
          let made = 0
          for (const one of actions) {
            if (one.do === 'deliver') {
              for (const event of nodes[one.from]!)
                if (random(4) < one.share && !nodes[one.to]!.includes(event))
                  nodes[one.to]!.splice(random(nodes[one.to]!.length + 1), 0, event)
            } else if (one.do === 'clock') clocks[one.node] = one.to
            else if (one.do === 'redact') {
              const steps = nodes.flat().filter((event) => !roots.includes(event))
              if (steps.length > 0 && one.pick % 5 === 0)
                redacted.add(steps[one.pick % steps.length]!.event_id)
            } else {
              const [node, by] = people[one.who]!
              const id = `$case${one.case}`
              const state = reduceCases(nodes[node]!).cases.get(id)!
              const possible = possibleSteps(state, by)
              let draft: CaseStepDraft
              if (one.do === 'likely') {
                if (possible.length === 0) continue
                draft = { ...filled(possible[one.pick % possible.length]!), authority: by.institution }
              } else
                draft = one.bare ? { step: one.step } : { ...filled(one.step), authority: by.institution }
              const event = step(`$e${made++}`, clocks[node]!++, by, draft, state.heads, id)
              nodes[node]!.push(event)
              const after = reduceCases(nodes[node]!).cases.get(id)!
              // What a node allows its own people is what it then shows as done.
              expect(after.history.some((entry) => entry.eventId === event.event_id)).toBe(
                refusalOf(state, event.content as never) === undefined,
              )
            }
          }
          const all = [...new Map(nodes.flat().map((event) => [event.event_id, event])).values()].map(
            (event) => (redacted.has(event.event_id) ? { ...event, content: {} } : event),
          )
          const boards = [0, 1, 2].map(() => {
            const shuffled = all.map((event) => [random(1_000_000), event] as const).sort(([a], [b]) => a - b)
            return reduceCases([
              ...shuffled.map(([, event]) => event),
              ...all.slice(0, random(all.length + 1)),
            ])
          })
          const plain = (board: (typeof boards)[number]) => ({
            ...board,
            cases: [...board.cases.values()].sort((a, b) => (a.id < b.id ? -1 : 1)),
          })
          expect(plain(boards[1]!)).toEqual(plain(boards[0]!))
          expect(plain(boards[2]!)).toEqual(plain(boards[0]!))
          const board = boards[0]!
          expect(board.cases.size).toBe(2)
          const accounted = new Set<string>(board.refused.map((refusal) => refusal.eventId))
          for (const state of board.cases.values()) {
            accounted.add(state.id)
            checkHistory(state)
            for (const entry of state.history) accounted.add(entry.eventId)
            for (const entry of [...state.refused, ...state.waiting]) accounted.add(entry.eventId)
            // Everything has arrived: nothing waits.
            expect(state.waiting).toEqual([])
          }
          expect([...accounted].sort()).toEqual(all.map((event) => event.event_id).sort())
        },
      ),
      { numRuns: 300 },
    )
  })

  function checkHistory(state: CaseState): void {
    let status = state.history[0]?.from ?? state.status
    let owner = state.kind === 'transfer' ? requester.institution : registry.institution
    for (const entry of state.history) {
      expect(entry.from).toBe(status)
      const rule = stepsOf(state.kind).get(entry.step)!
      expect(rule.from).toContain(status)
      if (rule.to && rule.to !== 'back') expect(entry.to).toBe(rule.to)
      if (rule.to === 'back') expect(finalStatuses.has(entry.to)).toBe(false)
      if (rule.by.length === 1 && rule.by[0] === 'owner') expect(entry.by.institution).toBe(owner)
      if (entry.step === 'accept_transfer' || (entry.step === 'accept' && state.kind === 'transfer'))
        owner = entry.by.institution
      status = entry.to
    }
    expect(state.status).toBe(status)
    expect(state.owner).toBe(owner)
  }
})
