import { useWords } from '../ui/hooks.ts'
import { Blank } from '../ui/parts.tsx'

/** An invitation opened where somebody is at work already. */
export default function SignedInAlready() {
  const { open } = useWords().people
  return <Blank title={open.signedIn} hint={open.signedInHint} />
}
