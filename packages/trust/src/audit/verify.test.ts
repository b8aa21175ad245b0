/** Whoever changes a log is found, whatever they change, and the first entry that cannot be believed is named. */
import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  sign,
  verify,
} from 'node:crypto'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  AUDIT_EXPORT,
  AUDIT_GENESIS,
  AUDIT_HEAD,
  AUDIT_WITNESS,
  type AuditHead,
  type AuditWitness,
  type ChainHashing,
  signedText,
  sortedJson,
} from './chain.ts'
import type { AuditFaultKind } from './fault-words.ts'
import { type AuditVerdict, createAuditVerifier } from './verify.ts'

const hashing: ChainHashing = {
  ofText: (text) => createHash('sha256').update(text).digest('hex'),
  ofPair: (before, digest) =>
    createHash('sha256')
      .update(Buffer.from(before + digest, 'hex'))
      .digest('hex'),
}
const raw = (key: KeyObject) => createPublicKey(key).export({ format: 'der', type: 'spki' }).subarray(-32)
const spki = Buffer.from('302a300506032b6570032100', 'hex')
function check(text: string, signature: string, publicKey: string): boolean {
  const key = createPublicKey({
    key: Buffer.concat([spki, Buffer.from(publicKey, 'base64')]),
    format: 'der',
    type: 'spki',
  })
  return verify(null, Buffer.from(text), key, Buffer.from(signature, 'base64'))
}

const pair = () =>
  createPrivateKey(generateKeyPairSync('ed25519').privateKey.export({ format: 'pem', type: 'pkcs8' }))
const hn = pair()
const gt = pair()
const thief = pair()
const keys = {
  hn: { 'ed25519:1': raw(hn).toString('base64') },
  gt: { 'ed25519:1': raw(gt).toString('base64') },
}
function signed<T extends object>(
  object: T,
  by: string,
  key: KeyObject,
): T & { signatures: Record<string, Record<string, string>> } {
  const signature = sign(null, Buffer.from(signedText(object)), key).toString('base64')
  return { ...object, signatures: { [by]: { 'ed25519:1': signature } } }
}
const headAt = (seq: number, hash: string, key = hn): AuditHead =>
  signed({ type: AUDIT_HEAD, server_name: 'hn', seq, hash, ts: seq } as const, 'hn', key)
const witnessAt = (seq: number, hash: string, key = gt): AuditWitness =>
  signed(
    { type: AUDIT_WITNESS, server_name: 'hn', witness: 'gt', seq, hash, since: 1, ts: seq } as const,
    'gt',
    key,
  )

type Line = Record<string, unknown> & { entry?: Record<string, unknown>; hash?: string }

/** An honest log of `count` entries, a head every ten and a countersignature every twenty. */
function log(
  count: number,
  { from = 1, key = hn, as = 'a', hidden = (_seq: number): boolean => false } = {},
): Line[] {
  const lines: Line[] = []
  let hash = AUDIT_GENESIS
  let before = hash
  for (let seq = 1; seq <= count; seq++) {
    const pruning = from > 1 && seq === count
    const entry = {
      seq,
      act: pruning ? 'audit.prune' : 'session.start',
      by: `@${as}${seq}:hn`,
      salt: String(seq),
      ...(pruning ? { facts: { upto: from - 1 } } : {}),
    }
    const digest = hashing.ofText(sortedJson(entry))
    hash = hashing.ofPair(hash, digest)
    if (seq === from - 1) before = hash
    if (seq < from) continue
    lines.push(hidden(seq) ? { seq, digest } : { entry, hash })
    if (seq % 10 === 0) lines.push({ ...headAt(seq, hash, key) })
    if (seq % 20 === 0 && key === hn) lines.push({ ...witnessAt(seq, hash) })
  }
  return [
    { type: AUDIT_EXPORT, server_name: 'hn', from, before, end: headAt(count, hash, key), keys },
    ...lines,
  ]
}

/** As a node writes it; the verifier reads that in a shorter way, which has to say the same as the long one. */
const written = (line: Line): string =>
  line.entry ? `{"entry":${sortedJson(line.entry)},"hash":"${line.hash}"}` : JSON.stringify(line)

function verdictOf(texts: readonly string[], more: { keys?: typeof keys; against?: AuditWitness[] }) {
  const verifier = createAuditVerifier({ hashing, verify: check, ...more })
  for (const text of texts) if (!verifier.push(text)) break
  return verifier.finish()
}

function judge(
  lines: readonly Line[],
  more: { keys?: typeof keys; against?: AuditWitness[] } = { keys },
): AuditVerdict {
  const verdict = verdictOf(lines.map(written), more)
  expect(
    verdictOf(
      lines.map((line) => JSON.stringify(line)),
      more,
    ),
  ).toEqual(verdict)
  return verdict
}
const faultOf = (
  lines: readonly Line[],
  more?: Parameters<typeof judge>[1],
): [AuditFaultKind, number] | undefined => {
  const { fault } = judge(lines, more)
  return fault && [fault.kind, fault.seq]
}
const placeOf = (lines: readonly Line[], seq: number) =>
  lines.findIndex(({ entry }) => entry?.['seq'] === seq)

test('an honest log verifies, whole, with parts as digests, and with its beginning deleted as configured', () => {
  expect(judge(log(95))).toMatchObject({
    ok: true,
    from: 1,
    to: 95,
    entries: 95,
    heads: 9,
    witnesses: [{ server: 'gt', seq: 80 }],
    keysFromFile: [],
  })
  expect(judge(log(95, { hidden: (seq) => seq % 3 !== 0 }))).toMatchObject({ ok: true, digests: 64 })
  expect(judge(log(95, { from: 41 }))).toMatchObject({ ok: true, from: 41, entries: 55 })
  expect(judge(log(95), {}).keysFromFile.sort()).toEqual(['gt', 'hn'])
})

test('altered, removed, reordered, forged: the entry is named', () => {
  const altered = log(50)
  altered[placeOf(altered, 23)]!.entry!['by'] = '@other:hn'
  expect(faultOf(altered)).toEqual(['altered', 23])

  const removed = log(50)
  removed.splice(placeOf(removed, 23), 1)
  expect(faultOf(removed)).toEqual(['removed', 23])

  const reordered = log(50)
  const at = placeOf(reordered, 23)
  ;[reordered[at], reordered[at + 1]] = [reordered[at + 1]!, reordered[at]!]
  expect(faultOf(reordered)).toEqual(['reordered', 23])

  const forged = log(50)
  forged.splice(placeOf(forged, 23) + 1, 0, {
    entry: { seq: 23, act: 'session.end', by: '@x:hn' },
    hash: 'a'.repeat(64),
  })
  expect(faultOf(forged)).toEqual(['forged', 23])
})

test('whoever can count hashes but not sign: every rewriting ends at a signature', () => {
  const honest = log(50)
  // The whole after entry 22 anew, with hashes that are right.
  const rewritten = log(50, { as: 'b' })
  rewritten[0] = honest[0]!
  for (const [index, line] of rewritten.entries())
    if (index > 0 && line['type']) rewritten[index] = honest[index]!
  expect(faultOf(rewritten)).toEqual(['rewritten', 10])
  expect(faultOf(log(50, { key: thief }))?.[0]).toBe('bad-signature')

  // Behind the last head nobody signed.
  const more = [...honest]
  const last = honest[placeOf(honest, 50)]!
  const entry = { seq: 51, act: 'session.end', by: '@x:hn' }
  more.push({ entry, hash: hashing.ofPair(last.hash!, hashing.ofText(sortedJson(entry))) })
  expect(faultOf(more)).toEqual(['forged', 51])
})

test('the node itself rewrites what a partner has countersigned, or cuts it off', () => {
  const honest = log(50)
  const countersigned = honest.find(({ type }) => type === AUDIT_WITNESS) as unknown as AuditWitness
  const hash40 = honest[placeOf(honest, 40)]!.hash!
  const anew = log(50, { as: 'b' }).filter(({ type }) => type !== AUDIT_WITNESS)
  expect(faultOf(anew)).toBeUndefined()
  expect(faultOf(anew, { keys, against: [countersigned] })).toEqual(['rewritten', 20])
  const short = log(35)
  expect(faultOf(short, { keys, against: [witnessAt(40, hash40)] })).toEqual(['cut', 36])
  expect(faultOf(honest, { keys, against: [witnessAt(40, 'b'.repeat(64), thief)] })?.[0]).toBe(
    'bad-signature',
  )
})

test('cut at the end, or at the beginning without saying so', () => {
  const honest = log(50)
  expect(faultOf(honest.slice(0, placeOf(honest, 31)))).toEqual(['cut', 31])
  const begun = log(50, { from: 21 })
  const unsaid = log(50, { from: 21, hidden: (seq) => seq === 50 })
  expect([faultOf(begun), faultOf(unsaid)]).toEqual([undefined, ['removed', 1]])
})

test('any single change of a file is found, by whoever has the keys', () => {
  const honest = log(60).map(written)
  const run = (lines: string[]) => verdictOf(lines, { keys })
  const at = fc.nat({ max: honest.length - 1 })
  fc.assert(
    fc.property(at, at, fc.constantFrom('drop', 'twice', 'swap', 'digit'), (one, other, how) => {
      const lines = [...honest]
      if (how === 'drop') lines.splice(one, 1)
      if (how === 'twice') lines.splice(one, 0, lines[other]!)
      if (how === 'swap') [lines[one], lines[other]] = [lines[other]!, lines[one]!]
      if (how === 'digit') {
        const line = lines[one]!
        const index = other % line.length
        lines[one] = `${line.slice(0, index)}${line[index] === '7' ? '8' : '7'}${line.slice(index + 1)}`
      }
      // A signature more or less changes nothing of what is said, nor do keys of the file where better ones were given.
      const said = (texts: readonly string[]) =>
        texts.filter((text) => text.includes('"entry"') || text.includes('"digest"')).join('\n')
      fc.pre(said(lines) !== said(honest))
      const verdict = run(lines)
      expect(verdict.ok).toBe(false)
      // A space before each line says nothing, and takes the long way.
      expect(run(lines.map((line) => ` ${line}`))).toEqual(verdict)
    }),
  )
})

test('an entry written in any other way than the canonical one is judged by what it says', () => {
  const texts = log(3).map(written)
  const as = (text: string) => verdictOf([texts[0]!, text, ...texts.slice(2)], { keys })
  const line = texts[1]!
  expect(as(line).ok).toBe(true)
  // The same entry: an honest reading of it, however it is spaced or ordered.
  expect(as(line.replace('"by"', ' "by"')).ok).toBe(true)
  expect(as(line.replace(/("act":"[^"]*"),("by":"[^"]*")/, '$2,$1')).ok).toBe(true)
  // Two values by one name, a value that is no whole number, a name that objects have by themselves, something after the entry.
  for (const other of [
    line.replace('{"act"', '{"act":"session.end","act"'),
    line.replace('"seq":1', '"seq":1.5'),
    line.replace('"seq":1', '"__proto__":{},"seq":1'),
    line.replace('},"hash"', '},"more":{},"hash"'),
    line.replace('"act":"session.start"', '"act":7'),
    line.replace('"by"', '"facts":[],"by"'),
    line.toUpperCase(),
    `${line}x`,
  ])
    expect([other, as(` ${other}`)]).toEqual([other, as(other)])
})
