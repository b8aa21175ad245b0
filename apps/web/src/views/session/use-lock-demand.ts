import { useEffect, useState } from 'react'
import { deviceLocks, readDeviceLock } from '../../viewmodel/session/device-lock.ts'
import { demandsLock, lockRule } from '../../viewmodel/session/lock-rule.ts'
import { useShell, useStore } from '../ui/hooks.ts'

/** How it stands between what the institution demands and this device. */
export function useLockDemand(): 'none' | 'kept' | 'missing' {
  const { app, session } = useShell()
  const rule = useStore(lockRule)
  const locked = useStore(deviceLocks)
  const [state, setState] = useState<'none' | 'kept' | 'missing'>('none')
  useEffect(() => {
    let current = true
    async function look() {
      const others = (await app.others()).length
      if (!demandsLock(rule, { keepsNothing: app.keepsNothing(), others })) return 'none' as const
      const lock = await readDeviceLock(session.userId)
      // A device from before locks cannot have one until its person signs in again; settings say so.
      return lock === undefined ? ('none' as const) : lock.locked ? ('kept' as const) : ('missing' as const)
    }
    look().then(
      (found) => current && setState(found),
      () => undefined,
    )
    return () => {
      current = false
    }
  }, [app, session, rule, locked])
  return state
}
