import { HardDrive } from 'lucide-react'
import { useShell, useStore, useWords } from '../ui/hooks.ts'

/** What was to be kept on this device was not: most of what writes there goes on without, so it is said here. */
export function StorageBanner() {
  const { session } = useShell()
  const words = useWords()
  const full = useStore(session.database.full)
  if (!full) return null
  return (
    <div className="banner banner-quiet" role="status" data-testid="device-full">
      <HardDrive aria-hidden="true" />
      <span>
        <b>{words.deviceFull.title}</b> {words.deviceFull.hint}
      </span>
    </div>
  )
}
