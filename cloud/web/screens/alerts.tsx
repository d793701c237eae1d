import type { IncidentView } from '@layerwatch/shared/api.ts'
import { Link } from 'wouter'
import { getIncidents, snapshotUrl } from '../api.ts'
import { useLive, useNow, useRead } from '../context.tsx'
import { dayAndTime } from '../format.ts'
import { OfflineBanner } from '../parts/bar.tsx'
import { Icon, type IconName } from '../parts/icon.tsx'
import { Picture } from '../parts/picture.tsx'
import { Tabs } from '../parts/tabs.tsx'
import { texts } from '../texts.ts'
import { defectName, incidentLine } from '../wording.ts'
import './lists.css'

/** All alerts, those that wait for somebody first. */
export function Alerts() {
  const read = useRead('incidents', getIncidents)
  const live = useLive((state) => state.incidents)
  const merged = new Map((read.data ?? []).map((incident) => [incident.id, incident]))
  for (const incident of live.values()) merged.set(incident.id, incident)
  const newestFirst = [...merged.values()].sort((a, b) => b.openedAt.localeCompare(a.openedAt))
  const open = newestFirst.filter((incident) => incident.status !== 'resolved')
  const past = newestFirst.filter((incident) => incident.status === 'resolved')
  return (
    <div className="shell">
      <main className="scroll">
        <OfflineBanner />
        <header className="list-head">
          <h1 className="page-title">{texts.alerts.title}</h1>
        </header>
        {read.error !== undefined && merged.size === 0 && (
          <p className="pad wrong">{texts.problem.unreachable}</p>
        )}
        {read.data && merged.size === 0 && (
          <section className="nothing">
            <h2>{texts.alerts.empty}</h2>
            <p>{texts.alerts.emptyWhy}</p>
          </section>
        )}
        <IncidentList title={texts.alerts.open} incidents={open} />
        <IncidentList title={texts.alerts.past} incidents={past} />
      </main>
      <Tabs />
    </div>
  )
}

function IncidentList({ title, incidents }: { title: string; incidents: readonly IncidentView[] }) {
  const nowMs = useNow(60_000)
  if (incidents.length === 0) return null
  return (
    <section>
      <h2 className="list-title">{title}</h2>
      <ul className="list">
        {incidents.map((incident) => (
          <li key={incident.id}>
            <Link href={`/incidents/${incident.id}`} className="line alert-line">
              <span className="thumb">
                <Picture
                  src={incident.picture && snapshotUrl(incident.picture.id)}
                  alt=""
                  detections={incident.picture?.detections ?? []}
                  isConfirmed={incident.severity === 'confirmed'}
                  hasLabels={false}
                  missing=""
                />
              </span>
              <span className="what">
                <b>
                  <bdi className="name">
                    {defectName(incident.defect)}, {incident.printerName}
                  </bdi>
                </b>
                <span className={`outcome ${toneOf(incident)}`}>
                  <Icon name={iconOf(incident)} />
                  <span className="name">{incidentLine(incident)}</span>
                </span>
                <small>
                  <bdi className="name">
                    {dayAndTime(incident.openedAt, nowMs)}, {incident.job}
                  </bdi>
                </small>
              </span>
              <Icon name="forward" />
            </Link>
          </li>
        ))}
      </ul>
    </section>
  )
}

function toneOf(incident: IncidentView): 'fail' | 'warn' | 'fine' | 'quiet' {
  if (incident.outcome === 'saved') return 'fine'
  if (incident.status === 'resolved') return 'quiet'
  return incident.severity === 'confirmed' ? 'fail' : 'warn'
}

function iconOf(incident: IncidentView): IconName {
  if (incident.outcome === 'saved') return 'shield'
  if (incident.outcome === 'false-alarm') return 'wrong'
  return incident.pause === 'confirmed' ? 'paused' : 'warn'
}
