import { useEffect, useState } from 'react'
import type { Verification } from '../../viewmodel/session/types.ts'
import { watchRequests } from '../../viewmodel/session/verification.ts'
import { useShell } from '../ui/hooks.ts'
import { lazyPage } from '../ui/lazy-page.tsx'

const IncomingDialog = lazyPage(
  async () => ({ default: (await import('./verify.tsx')).IncomingDialog }),
  'dialog',
)

/** Listens for whoever asks this device to compare. */
export function IncomingVerification() {
  const { session } = useShell()
  const [request, setRequest] = useState<{ verification: Verification; from?: string } | undefined>(undefined)
  useEffect(
    () =>
      watchRequests(session.client, (verification, from) =>
        // One at a time: whoever asks meanwhile asks again.
        setRequest((now) => now ?? { verification, ...(from ? { from } : {}) }),
      ),
    [session],
  )
  if (!request) return null
  const close = () => {
    void request.verification.cancel()
    setRequest(undefined)
  }
  return <IncomingDialog {...request} onClose={close} />
}
