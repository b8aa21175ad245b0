import { BookUser, Image, MapPin } from 'lucide-react'
import { useWords } from '../ui/hooks.ts'
import { Dialog } from '../ui/parts.tsx'

/** What goes into a message beside words. */
export function AttachMenu(props: { onFiles(): void; onPlace(): void; onContact(): void; onClose(): void }) {
  const words = useWords()
  const item = (testId: string, label: string, hint: string, Icon: typeof Image, act: () => void) => (
    <button
      type="button"
      data-testid={testId}
      onClick={() => {
        props.onClose()
        act()
      }}
    >
      <Icon aria-hidden="true" />
      <span>
        <b>{label}</b>
        <small className="muted">{hint}</small>
      </span>
    </button>
  )
  const { share } = words
  return (
    <Dialog title={words.composer.attach} onClose={props.onClose} testId="attach-menu">
      <div className="menu attach-menu">
        {item('attach-files', share.files, share.filesHint, Image, props.onFiles)}
        {item('attach-place', share.place, share.placeHint, MapPin, props.onPlace)}
        {item('attach-contact', share.contact, share.contactHint, BookUser, props.onContact)}
      </div>
    </Dialog>
  )
}
