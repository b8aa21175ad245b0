/** A million entries of an audit log, verified from a file as an auditor does it, beside a plain reading of the same file. */

import { once } from 'node:events'
import { createReadStream, createWriteStream } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { nodeHashing, verifyAuditFile } from '@enlace/homeserver/audit'
import { generateSigningKey, signJson } from '@enlace/room-model'
import { AUDIT_EXPORT, AUDIT_GENESIS, AUDIT_HEAD, sortedJson } from '@enlace/trust/audit'
import { say } from './figures.ts'

const ENTRIES = 1_000_000

export async function benchAudit(): Promise<void> {
  say('\nAudit log: a million entries, verified offline')
  const folder = await mkdtemp(join(tmpdir(), 'enlace-bench-audit-'))
  const file = join(folder, 'log.jsonl')
  try {
    const key = generateSigningKey()
    const server = 'hn.example'
    const headAt = (seq: number, hash: string) =>
      signJson({ type: AUDIT_HEAD, server_name: server, seq, hash, ts: seq }, server, key)
    const entryAt = (seq: number) => ({
      seq,
      ts: 1_790_000_000_000 + seq,
      act: 'session.start',
      by: `@person${seq % 500}:${server}`,
      institutions: ['hn-rnp-sps'],
      outcome: 'done',
      facts: { device: 'ABCDEFGHIJ', with: 'totp', network: '10.1.2.0/24', known_browser: true },
      salt: 'AAAAAAAAAAAAAAAAAAAAAA',
    })
    let end = AUDIT_GENESIS
    for (let seq = 1; seq <= ENTRIES; seq++)
      end = nodeHashing.ofPair(end, nodeHashing.ofText(sortedJson(entryAt(seq))))
    const out = createWriteStream(file)
    const keys = { [server]: { [key.keyId]: key.publicKeyBase64 } }
    const start = {
      type: AUDIT_EXPORT,
      server_name: server,
      from: 1,
      before: AUDIT_GENESIS,
      end: headAt(ENTRIES, end),
      keys,
    }
    out.write(`${JSON.stringify(start)}\n`)
    let hash = AUDIT_GENESIS
    for (let seq = 1; seq <= ENTRIES; seq++) {
      const line = sortedJson(entryAt(seq))
      hash = nodeHashing.ofPair(hash, nodeHashing.ofText(line))
      const head = seq % 1_000 === 0 ? `${JSON.stringify(headAt(seq, hash))}\n` : ''
      if (!out.write(`{"entry":${line},"hash":"${hash}"}\n${head}`)) await once(out, 'drain')
    }
    out.end()
    await once(out, 'finish')

    let began = performance.now()
    let lines = 0
    for await (const _line of createInterface({ input: createReadStream(file) })) lines += 1
    const reading = performance.now() - began
    began = performance.now()
    const before = process.cpuUsage()
    const verdict = await verifyAuditFile(file, { keys })
    const { user, system } = process.cpuUsage(before)
    const verifying = performance.now() - began
    const mib = Math.round(process.memoryUsage().rss / 2 ** 20)
    say(
      `  ${verdict.ok ? 'verified' : 'NOT VERIFIED'}: ${verdict.entries} entries, ${verdict.heads} signatures, in ${(verifying / 1000).toFixed(1)} s (${((user + system) / 1e6).toFixed(1)} s of processor); reading alone ${lines} lines ${(reading / 1000).toFixed(1)} s; ratio ${(verifying / reading).toFixed(1)}; ${mib} MiB resident`,
    )
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}
