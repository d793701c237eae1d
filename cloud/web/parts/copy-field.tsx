import { useRef, useState } from 'react'
import { copyFrom } from '../copy-from.ts'
import { texts } from '../texts.ts'
import { Icon } from './icon.tsx'
import './copy-field.css'

/** Something to paste elsewhere, with a button that copies it. */
export function CopyField({ value, label }: { value: string; label: string }) {
  const [isCopied, setCopied] = useState(false)
  const field = useRef<HTMLInputElement>(null)
  const copy = async () => setCopied(await copyFrom(field.current))
  return (
    <div className="copy-field">
      <input ref={field} readOnly value={value} aria-label={label} />
      <button type="button" className="button" onClick={copy}>
        <Icon name={isCopied ? 'check' : 'copy'} />
        <span role="status">{isCopied ? texts.copy.done : texts.copy.do}</span>
      </button>
    </div>
  )
}
