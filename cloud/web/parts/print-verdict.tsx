import type { PrintView } from '@layerwatch/shared/api.ts'
import type { PrintVerdictRequest } from '@layerwatch/shared/marks.ts'
import { useEffect, useState } from 'react'
import { Refusal, sayOfPrint } from '../api.ts'
import { useCanSend } from '../context.tsx'
import { texts } from '../texts.ts'
import { Icon } from './icon.tsx'
import { Problem } from './problem.tsx'

/** How often it is looked for what the device makes of a word. */
const answerEveryMs = 10_000

/** What a person says of a past print: its printer learns from a failure that was missed, and from a false alarm. */
export function PrintVerdict({
  print,
  layer,
  onSaid,
}: {
  print: PrintView
  layer: number | undefined
  onSaid: () => void
}) {
  const canSend = useCanSend()
  const [problem, setProblem] = useState<string>()
  const say = (said: PrintVerdictRequest) => {
    setProblem(undefined)
    sayOfPrint(print.id, said).then(onSaid, (error: unknown) =>
      setProblem(error instanceof Refusal ? error.message : texts.problem.unreachable),
    )
  }
  const { mark } = print
  const isAwaited = mark !== undefined && mark.words === undefined
  // biome-ignore lint/correctness/useExhaustiveDependencies: only while the device's answer is awaited
  useEffect(() => {
    if (!isAwaited) return
    const timer = setInterval(onSaid, answerEveryMs)
    return () => clearInterval(timer)
  }, [isAwaited])
  const failedAtLayer = layer === undefined ? {} : { failedAtLayer: layer }
  return (
    <section className="choices">
      <h2>{texts.verdict.question}</h2>
      {mark ? (
        <>
          <p className="resolved">
            <Icon name="check" />
            {mark.verdict === 'fine' ? texts.verdict.saidFine : texts.verdict.saidFailed(mark.failedAtLayer)}
          </p>
          <p className="detail" role="status">
            <bdi>{mark.words ?? (mark.isKept ? texts.verdict.kept : texts.verdict.waits)}</bdi>
          </p>
          <button
            type="button"
            className="button"
            disabled={!canSend}
            onClick={() => say({ verdict: 'none' })}
          >
            {texts.verdict.takeBack}
          </button>
        </>
      ) : (
        <div className="row">
          <button type="button" disabled={!canSend} onClick={() => say({ verdict: 'fine' })}>
            <Icon name="check" />
            {texts.verdict.fine}
          </button>
          <button
            type="button"
            disabled={!canSend}
            onClick={() => say({ verdict: 'failed', ...failedAtLayer })}
          >
            <Icon name="warn" />
            {texts.verdict.failed(layer)}
          </button>
        </div>
      )}
      <Problem text={problem} />
    </section>
  )
}
