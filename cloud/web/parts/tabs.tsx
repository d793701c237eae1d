import { Link, useLocation } from 'wouter'
import { useLive } from '../context.tsx'
import { standingOf } from '../standing.ts'
import { texts } from '../texts.ts'
import { Icon, type IconName, Mark } from './icon.tsx'

const places: { to: string; icon: IconName; text: string; matches: RegExp }[] = [
  { to: '/', icon: 'printer', text: texts.tabs.printers, matches: /^\/($|printers)/ },
  { to: '/history', icon: 'history', text: texts.tabs.history, matches: /^\/(history|prints)/ },
  { to: '/alerts', icon: 'bell', text: texts.tabs.alerts, matches: /^\/(alerts|incidents)/ },
  { to: '/you', icon: 'person', text: texts.tabs.you, matches: /^\/(you|devices)/ },
]

/** The four places of the app: at the bottom of a phone, at the side of a wide screen. */
export function Tabs() {
  const [path] = useLocation()
  const alarms = useLive(
    (state) => state.printers?.filter((printer) => standingOf(printer).tone === 'fail').length ?? 0,
  )
  return (
    <nav className="tabs" aria-label={texts.main}>
      <span className="mark">
        <Mark />
      </span>
      {places.map(({ to, icon, text, matches }) => (
        <Link key={to} href={to} aria-current={matches.test(path) ? 'page' : undefined}>
          <Icon name={icon} />
          {text}
          {to === '/alerts' && alarms > 0 && <span className="count">{alarms}</span>}
        </Link>
      ))}
    </nav>
  )
}
