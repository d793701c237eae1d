import './field.css'

type FieldProps = React.InputHTMLAttributes<HTMLInputElement> & { label: string; hint?: string | undefined }

/** One line to fill in, with its name above it. Required unless told otherwise. */
export function Field({ label, hint, children, ...input }: FieldProps) {
  return (
    <label className="field">
      <span>
        {label}
        {hint && <small>{hint}</small>}
      </span>
      <span className="entry">
        <input type="text" required autoCapitalize="none" spellCheck={false} {...input} />
        {children}
      </span>
    </label>
  )
}
