import { describe, expect, test } from 'vitest'
import type { EncryptionState } from '../../model/session/types.ts'
import { type EndFacts, lossByEnding, mustType } from './sign-out-rule.ts'

const STATES: EncryptionState[] = ['preparing', 'ready', 'unsaved', 'unconfirmed', 'failed']
const every: EndFacts[] = STATES.flatMap((state) =>
  [undefined, true, false].flatMap((kept) =>
    [undefined, 0, 1, 3].flatMap((others) =>
      [true, false].map((unanswered) => ({ state, kept, others, unanswered })),
    ),
  ),
)

describe('what ending a session would lose', () => {
  test('just after a page load a known device is ready, and whether its key is kept is not known: it waits', () => {
    const facts = { state: 'ready', kept: undefined, others: 2, unanswered: false } as const
    expect(lossByEnding(facts)).toBe('asking')
    expect(lossByEnding({ ...facts, state: 'preparing' })).toBe('asking')
    expect(lossByEnding({ ...facts, state: 'unsaved', kept: false, others: undefined })).toBe('asking')
    expect(lossByEnding({ ...facts, kept: false, others: 0 })).toBe('history')
  })

  test('what cannot be known has to be typed, as what is known to be lost', () => {
    expect(lossByEnding({ state: 'ready', kept: undefined, others: 0, unanswered: true })).toBe('unknown')
    expect(lossByEnding({ state: 'failed', kept: undefined, others: undefined, unanswered: false })).toBe(
      'unknown',
    )
    expect([mustType('unknown'), mustType('history'), mustType('maybe'), mustType('nothing')]).toEqual([
      true,
      true,
      false,
      false,
    ])
  })

  test('of all there is, nothing but facts opens the way', () => {
    for (const facts of every) {
      const loss = lossByEnding(facts)
      const says = JSON.stringify(facts)
      if (loss === 'nothing') expect(facts.kept === true || facts.state === 'unconfirmed', says).toBe(true)
      if (loss === 'maybe') expect(facts.kept === false && (facts.others ?? 0) > 0, says).toBe(true)
      // Nobody waits for an answer that will not come.
      if (facts.unanswered) expect(loss, says).not.toBe('asking')
      if (facts.state === 'preparing' || facts.state === 'failed')
        expect(['asking', 'unknown'], says).toContain(loss)
    }
  })
})
