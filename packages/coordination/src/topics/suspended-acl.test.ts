import { describe, expect, it } from 'vitest'
import { type AclGround, aclAfterSuspension, aclVersion, suspendedAclField } from './suspended-acl.ts'

const ground = (suspended: string[] = [], version = 5): AclGround => ({
  version,
  active: ['hn.example', 'gt.example:8448'],
  suspended,
})
const mark = (servers: string[], version = 5) => ({ [suspendedAclField]: { version, servers } })

describe('the access control list of a room after a suspension', () => {
  it('stays as it is while nobody is suspended, also where there is none', () => {
    expect(aclAfterSuspension(undefined, ground())).toBeUndefined()
    expect(aclAfterSuspension({ allow: ['*'], deny: ['malo.example'] }, ground())).toBeUndefined()
  })
  it('shuts the server out by its host, keeps what was there, and says which entries are its own', () => {
    expect(aclAfterSuspension(undefined, ground(['ni.example:8448']))).toEqual({
      allow: ['*'],
      deny: ['ni.example'],
      ...mark(['ni.example']),
    })
    const there = { allow: ['*.example'], deny: ['malo.example'], allow_ip_literals: false }
    const after = aclAfterSuspension(there, ground(['ni.example']))
    expect(after).toEqual({ ...there, deny: ['malo.example', 'ni.example'], ...mark(['ni.example']) })
    expect(aclAfterSuspension(after, ground(['ni.example'], 9))).toBeUndefined()
  })
  it('takes back on readmission what it put there, and nothing that people did', () => {
    const there = {
      allow: ['*'],
      deny: ['malo.example', 'ni.example', 'sv.example'],
      ...mark(['ni.example', 'sv.example']),
    }
    const readmitted = { ...ground(['sv.example'], 6), active: ['hn.example', 'ni.example'] }
    const after = aclAfterSuspension(there, readmitted)
    expect(after).toEqual({ allow: ['*'], deny: ['malo.example', 'sv.example'], ...mark(['sv.example'], 6) })
    const all = { ...readmitted, active: ['hn.example', 'ni.example', 'sv.example'], suspended: [] }
    const last = aclAfterSuspension(after, all)
    expect(last).toEqual({ allow: ['*'], deny: ['malo.example'], ...mark([], 6) })
    expect(aclAfterSuspension(last, all)).toBeUndefined()
    // Denied by hand before the suspension: it is not the suspension’s to give back.
    const byHand = { allow: ['*'], deny: ['ni.example'] }
    expect(aclAfterSuspension(byHand, ground(['ni.example']))).toBeUndefined()
    expect(aclAfterSuspension(byHand, all)).toBeUndefined()
  })
  it('puts back what somebody took out, and keeps who left the list shut out', () => {
    const without = { allow: ['*'], deny: [], ...mark(['ni.example']) }
    expect(aclAfterSuspension(without, ground(['ni.example']))).toMatchObject({ deny: ['ni.example'] })
    const gone = { allow: ['*'], deny: ['ni.example'], ...mark(['ni.example']) }
    expect(aclAfterSuspension(gone, ground())).toBeUndefined()
    expect(aclAfterSuspension(undefined, ground(), ['raro.example:1'])).toMatchObject({
      deny: ['raro.example'],
    })
  })
  it('shuts nobody out who shares the host, nor what is no name of a host', () => {
    expect(aclAfterSuspension(undefined, ground(['gt.example:9000', 'hn.example:1']))).toBeUndefined()
    expect(aclAfterSuspension(undefined, ground(['*', 'a b']))).toBeUndefined()
  })
  it('is the same whoever writes it, from a mark that cannot be read as well', () => {
    const [one, other] = [
      ['b.example', 'a.example'],
      ['a.example', 'b.example'],
    ].map((names) => aclAfterSuspension(undefined, ground(names)))
    expect(one).toEqual(other)
    const spoiled = { allow: ['*'], deny: ['x.example'], [suspendedAclField]: 'x' }
    expect(aclAfterSuspension(spoiled, ground())).toBeUndefined()
    expect(aclAfterSuspension(spoiled, ground(['a.example']))).toEqual({
      allow: ['*'],
      deny: ['x.example', 'a.example'],
      ...mark(['a.example']),
    })
    expect([aclVersion(one), aclVersion(spoiled), aclVersion(undefined)]).toEqual([5, 0, 0])
  })
})
