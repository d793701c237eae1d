import { LiveFrame, type PrinterView } from '@layerwatch/shared/api.ts'
import type { Detection } from '@layerwatch/shared/vocabulary.ts'
import { useEffect, useState } from 'react'
import { snapshotUrl } from './api.ts'
import { askOf } from './ask-store.ts'
import { useAsks, useCanSend, useLive } from './context.tsx'
import { readStream } from './sse.ts'

const silenceMs = 20_000
const retryMs = 2000

/** A picture whose age is known for certain, so that a resume may name it. */
export type ShownPicture = {
  snapshotId: string
  src: string
  detections: readonly Detection[]
  heat?: LiveFrame['header']['heat']
  /** By this browser's clock, at the latest guess to its disfavour: no other clock is believed. */
  takenAtMs: number
}

/** The newest picture of a printer: live frames while the page is visible, or one a person asked for. */
export function useNewestPicture(
  printer: PrinterView | undefined,
  isWanted = true,
): ShownPicture | undefined {
  const canSend = useCanSend()
  const isReachable = printer?.device.isPresent === true && canSend
  const frame = useLiveFrames(printer?.id ?? '', isWanted && isReachable)
  const asked = useAskedPicture(printer?.id ?? '')
  if (!frame || !asked) return frame ?? asked
  return frame.takenAtMs >= asked.takenAtMs ? frame : asked
}

/** Shows live frames while the page is visible; leaving it ends the viewer's lease. */
function useLiveFrames(printerId: string, isWanted: boolean): ShownPicture | undefined {
  const [shown, setShown] = useState<{ printerId: string; picture: ShownPicture }>()
  const isVisible = useIsVisible()
  useEffect(() => {
    if (!isWanted || !isVisible || printerId === '') return
    const stop = new AbortController()
    const show = (picture: ShownPicture) => setShown({ printerId, picture })
    void readFrames(printerId, show, stop.signal)
    return () => stop.abort()
  }, [printerId, isWanted, isVisible])
  return shown?.printerId === printerId ? shown.picture : undefined
}

/** The picture a person asked for: it was taken after the asking, which is all that is claimed of its age. */
function useAskedPicture(printerId: string): ShownPicture | undefined {
  const ask = askOf(useAsks(), printerId, 'snapshot')
  const command = useLive((state) => (ask?.commandId ? state.commands.get(ask.commandId) : undefined))
  if (!ask || command?.status !== 'done' || !command.snapshotId) return undefined
  const { snapshotId } = command
  return { snapshotId, src: snapshotUrl(snapshotId), detections: [], takenAtMs: ask.askedAtMs }
}

async function readFrames(
  printerId: string,
  show: (picture: ShownPicture) => void,
  signal: AbortSignal,
): Promise<void> {
  const nothing = () => undefined
  const event = ({ name, data }: { name: string; data: string }) => {
    const picture = name === 'frame' ? parseFrame(data) : undefined
    if (picture && !signal.aborted) show(picture)
  }
  while (!signal.aborted) {
    const url = `/api/printers/${encodeURIComponent(printerId)}/live`
    const end = await readStream(url, { opened: nothing, heard: nothing, event }, { signal, silenceMs })
    if (end === 'unauthorised' || end === 'refused') return
    await new Promise((resolve) => setTimeout(resolve, retryMs))
  }
}

function parseFrame(data: string): ShownPicture | undefined {
  try {
    const { header, jpegBase64 } = LiveFrame.parse(JSON.parse(data))
    return {
      snapshotId: header.snapshotId,
      src: `data:image/jpeg;base64,${jpegBase64}`,
      detections: header.detections,
      takenAtMs: Date.now() - header.ageMs,
      ...(header.heat ? { heat: header.heat } : {}),
    }
  } catch {
    return undefined
  }
}

function useIsVisible(): boolean {
  const [isVisible, setVisible] = useState(document.visibilityState === 'visible')
  useEffect(() => {
    const update = () => setVisible(document.visibilityState === 'visible')
    document.addEventListener('visibilitychange', update)
    return () => document.removeEventListener('visibilitychange', update)
  }, [])
  return isVisible
}
