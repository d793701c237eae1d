import { useEffect, useRef } from 'react'
import { texts } from '../texts.ts'
import { Icon } from './icon.tsx'
import './picture-dialog.css'

/** The whole picture over everything else; a tap outside, Escape or the button closes it. */
export function PictureDialog({ children, onClose }: { children: React.ReactNode; onClose: () => void }) {
  const dialog = useRef<HTMLDialogElement>(null)
  useEffect(() => {
    dialog.current?.showModal()
  }, [])
  return (
    <dialog ref={dialog} className="picture-dialog" aria-label={texts.incident.whole} onClose={onClose}>
      <div className="whole">{children}</div>
      <button
        type="button"
        className="icon-button"
        aria-label={texts.close}
        onClick={() => dialog.current?.close()}
      >
        <Icon name="wrong" />
      </button>
    </dialog>
  )
}
