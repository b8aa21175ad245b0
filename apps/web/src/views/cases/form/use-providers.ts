import type { CaseKind } from '@enlace/coordination'
import { anything } from '@enlace/directory/finder'
import { useEffect, useState } from 'react'
import { serviceCategoryOf } from '../../../viewmodel/cases/suggested-institution.ts'
import { useShell } from '../../ui/hooks.ts'

const CATEGORIES = ['civil_registration', 'consular', 'child_protection'] as const
const nobody: ReadonlySet<string> = new Set()

/** Who provides what kinds of case ask for, by the copy of the directory on this device; nobody while there is none. */
export function useProviders(): (kind: CaseKind) => ReadonlySet<string> {
  const { session } = useShell()
  const [known, setKnown] = useState<ReadonlyMap<string, ReadonlySet<string>>>(new Map())
  useEffect(() => {
    let current = true
    async function load() {
      await session.directory.refresh()
      for (const category of CATEGORIES) {
        const { found } = await session.directory.find({ ...anything, services: [category] }, Date.now())
        const rows = await session.directory.rows([...found].slice(0, 200), Date.now())
        if (!current) return
        setKnown((now) => new Map(now).set(category, new Set(rows.map(({ key }) => key))))
      }
    }
    // Without a directory the kind of the institution still tells.
    void load().catch(() => undefined)
    return () => {
      current = false
    }
  }, [session])
  return (kind) => known.get(serviceCategoryOf(kind) ?? '') ?? nobody
}
