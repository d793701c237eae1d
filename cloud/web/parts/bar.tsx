import { useLocation } from 'wouter'
import { useLive, useNow } from '../context.tsx'
import { time } from '../format.ts'
import { texts } from '../texts.ts'
import { Icon } from './icon.tsx'
import './bar.css'

/** A screen's head: back, what it is about, and a line of detail. Names come from strangers and stay in one line. */
export function Bar(props: {
  title: string
  detail?: React.ReactNode
  backTo?: string
  children?: React.ReactNode
}) {
  const { title, detail, backTo = '/', children } = props
  const [, go] = useLocation()
  const back = () => (history.length > 1 && document.referrer === '' ? history.back() : go(backTo))
  return (
    <header className="bar">
      <button type="button" className="icon-button" aria-label={texts.back} onClick={back}>
        <Icon name="back" />
      </button>
      <div className="about">
        <h1>
          <bdi className="name">{title}</bdi>
        </h1>
        {detail && <p className="name">{detail}</p>}
      </div>
      {children}
    </header>
  )
}

/** Whether what is on screen is live: said in words, with the time. */
export function LinkSign() {
  const link = useLive((state) => state.link)
  const nowMs = useNow(10_000)
  if (link === 'live') {
    return (
      <span className="link-sign">
        <i className="dot pulse" />
        {texts.live}, {time(nowMs)}
      </span>
    )
  }
  return (
    <span className="link-sign">
      <i className="dot off" />
      {link === 'lost' ? texts.notLive : texts.reconnecting}
    </span>
  )
}

/** Says that the screen shows the last known state, and how old it is. */
export function OfflineBanner() {
  const link = useLive((state) => state.link)
  const heardAtMs = useLive((state) => (state.link === 'live' ? undefined : state.heardAtMs))
  const nowMs = useNow(1000)
  if (link === 'live' || link === 'reconnecting') return null
  if (link === 'connecting' && heardAtMs === undefined) return null
  const say = link === 'lost' ? texts.offline : texts.connecting
  return (
    <div className="offline" role="status">
      <Icon name="cloud" />
      <p>
        <b>{say(heardAtMs, nowMs)}</b> {texts.offlineCalm}
      </p>
    </div>
  )
}
