import { Icon } from './icon.tsx'
import './fold.css'

/** A line that says how something stands and opens what changes it. */
export function Fold({
  title,
  standing,
  children,
}: {
  title: string
  standing: string
  children: React.ReactNode
}) {
  return (
    <details className="fold">
      <summary>
        <span className="what">
          {title}
          <small>{standing}</small>
        </span>
        <Icon name="down" />
      </summary>
      <div className="inside">{children}</div>
    </details>
  )
}
