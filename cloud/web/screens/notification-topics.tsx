import { channelsOf, type Topic } from '@layerwatch/shared/notify-rules.ts'
import { Chips } from '../parts/choice.tsx'
import { Fold } from '../parts/fold.tsx'
import { rulesTexts as words } from '../texts-rules.ts'
import type { RulesPartProps } from './notification-rules.tsx'

const groups: { name: keyof typeof words.groups; topics: readonly Topic[] }[] = [
  { name: 'failures', topics: ['suspected', 'failing', 'pause-failed', 'smoke', 'filament'] },
  { name: 'watching', topics: ['lost', 'view', 'offline', 'sensor'] },
  { name: 'print', topics: ['started', 'first-layer', 'progress', 'paused', 'resumed', 'finished'] },
]

/** The table of what is told on which channel, a line of switches for each. */
export function Topics(props: RulesPartProps) {
  const { view, channels, change } = props
  const isUsual = Object.keys(view.rules.channels).length === 0
  return (
    <Fold title={words.what.title} standing={isUsual ? words.what.usual : words.what.chosen}>
      <p className="detail">{channels.length === 0 ? words.noChannel : words.what.why}</p>
      {channels.length > 0 &&
        groups.map(({ name, topics }) => (
          <div key={name} className="topic-group">
            <h3>{words.groups[name]}</h3>
            {topics.map((topic) => (
              <TopicLine key={topic} topic={topic} {...props} />
            ))}
          </div>
        ))}
      {!isUsual && (
        <button type="button" className="button" onClick={() => change({ channels: {} })}>
          {words.what.back}
        </button>
      )}
    </Fold>
  )
}

/** Steps of a print one can be told of. */
const steps = [10, 25, 50, 75, 90]

function TopicLine({ topic, view, channels, change }: RulesPartProps & { topic: Topic }) {
  const { rules } = view
  const chosen = channelsOf(rules, topic)
  return (
    <>
      <Chips
        title={words.topics[topic]}
        values={channels}
        textOf={(channel) => words.channels[channel]}
        chosen={chosen}
        onChange={(now) => change({ channels: { ...rules.channels, [topic]: now } })}
      />
      {topic === 'progress' && chosen.length > 0 && (
        <Chips
          title={words.progress}
          values={[...new Set([...steps, ...rules.progressSteps])].sort((a, b) => a - b)}
          textOf={words.percent}
          chosen={rules.progressSteps}
          onChange={(progressSteps) => change({ progressSteps })}
        />
      )}
    </>
  )
}
