import type { Verdict } from '@layerwatch/shared/vocabulary.ts'
import {
  type Assessment,
  assess,
  type ClosedLayer,
  closeLayer,
  type Outcome,
  prepareAssessment,
  recountAssessment,
  resumeAssessment,
  startAssessment,
} from './assess/assess.ts'
import { type Eyes, look, openEyes } from './assess/blindness.ts'
import type { LayerEvidence } from './assess/evidence.ts'
import { beforeFirstLayer, type LayerPlace, placeLayer } from './assess/layers.ts'
import { type PrintTime, printSecondsAt, readPrintTime, startPrintTime } from './assess/print-time.ts'
import { type Change, isActive } from './assess/prints.ts'
import { Keeper } from './pause/keeper.ts'
import { Pausing } from './pause/pausing.ts'
import { shotsOf } from './pause/standstill.ts'
import { fileTimeoutMs, type PrinterStatus } from './printer/printer.ts'
import { type Album, emptyAlbum, keepPicture, newestOf, type Picture } from './watch/album.ts'
import { type CameraAccounts, noticeCameras } from './watch/camera-accounts.ts'
import { describeLayers, describeTurn } from './watch/incident.ts'
import type { Entry } from './watch/journal.ts'
import { LayerSense } from './watch/layer-change.ts'
import type { MonitorParts } from './watch/monitor-parts.ts'
import { isPreparing } from './watch/pace.ts'
import { Pacing } from './watch/pacing.ts'
import { PrinterLink } from './watch/printer-link.ts'
import { joinRound, picturesOf, placeSights } from './watch/sights.ts'
import type { Observation, Seen } from './watch/watch.ts'

/**
 * Watches one printer: a picture every few seconds of printing, judged, placed in its layer, decided on, and the
 * print paused when it fails. All it waits for is this machine's own printer and camera.
 */
export class PrinterMonitor {
  readonly #parts: MonitorParts
  readonly link: PrinterLink
  readonly keeper: Keeper
  readonly pausing: Pausing
  readonly #pacing: Pacing
  #time: PrintTime
  #place: LayerPlace = beforeFirstLayer
  #layerAtByte: ((byte: number) => number) | undefined
  #assessment: Assessment
  #eyes: Eyes
  #cameras: CameraAccounts = {}
  #album: Album = emptyAlbum
  readonly #sense = new LayerSense()
  #frameMs: number | undefined
  #lastSeen: Observation | undefined
  #isFileAsked = false
  #isBeforeShown = false
  #excluded = 0

  constructor(parts: MonitorParts) {
    this.#parts = parts
    this.#time = startPrintTime(parts.clock.nowMs())
    this.#eyes = openEyes(parts.clock.nowMs())
    this.#assessment = startAssessment({ ...parts, ...parts.tutor?.grounds })
    this.link = new PrinterLink({
      ...parts,
      layer: () => this.#place.layer,
      onChange: (changes, status) => this.#follow(changes, status),
    })
    const now = () => ({ status: this.link.status, state: this.link.course.state, eyes: this.#eyes })
    this.#pacing = new Pacing({ ...parts, now })
    this.keeper = new Keeper({
      ...parts,
      config: parts.config.pause,
      care: parts.printer.care,
      link: this.link,
      hold: parts.hold,
      save: (hold) => parts.journal.saveCourse(this.link.course, hold),
      record: (entries) => this.#record(entries),
    })
    this.pausing = new Pausing({
      ...parts,
      link: this.link,
      keeper: this.keeper,
      layer: () => this.#place.layer,
      fallbacks: parts.fallbacks ?? [],
      look: async (signal) => shotsOf(await parts.observe(signal)),
      record: (entries) => this.#record(entries),
    })
  }

  get eyes(): Eyes {
    return this.#eyes
  }

  get cameras(): CameraAccounts {
    return this.#cameras
  }

  get layer(): number {
    return this.#place.layer
  }

  /** What is thought of this print now. */
  get verdict(): Verdict {
    return this.#assessment.suspicion.verdict
  }

  get newest(): Picture | undefined {
    return this.#album.newest
  }

  /** Time from the newest frame's capture to its judgement. */
  get frameMs(): number | undefined {
    return this.#frameMs
  }

  /** Watches until aborted. */
  async run(signal: AbortSignal): Promise<void> {
    await Promise.all([this.link.listen(signal), this.#watch(signal), this.keeper.run(signal)])
  }

  async #watch(signal: AbortSignal): Promise<void> {
    const { clock } = this.#parts
    let reading: Promise<unknown> | undefined
    while (!signal.aborted) {
      const beganMs = clock.nowMs()
      // A printer that hangs is asked once until that ends, and keeps nobody from looking.
      reading ??= this.link.read(signal).finally(() => {
        reading = undefined
      })
      await (isActive(this.link.course.state) ? this.lookNow(signal) : reading)
      await this.#pacing.rest(beganMs, signal)
    }
    await reading
  }

  /** Takes a picture now; while the print moves, it is evidence. */
  async lookNow(signal: AbortSignal): Promise<Picture | undefined> {
    const seen = await this.#parts.observe(signal)
    if (signal.aborted) return undefined
    // Who looks at the same moment gets the same picture, which counts once.
    if (seen !== this.#lastSeen) {
      this.#lastSeen = seen
      if (isActive(this.link.course.state)) this.#notice(seen)
      this.#judge(seen, signal)
    }
    return seen.kind === 'seen' ? this.#album.newest : undefined
  }

  #notice(seen: Observation): void {
    const nowMs = this.#parts.clock.nowMs()
    const [eyes, changes] = look(this.#eyes, seen, nowMs)
    const [cameras, ofCameras] = noticeCameras(this.#cameras, seen, nowMs)
    this.#eyes = eyes
    this.#cameras = cameras
    this.#record([...changes, ...ofCameras])
    if (changes.length + ofCameras.length > 0) this.#parts.onChange()
  }

  #judge(seen: Observation, signal: AbortSignal): void {
    const { config, clock, tutor } = this.#parts
    const layer = this.#place.layer
    const round = placeSights(seen, this.#time, (camera) => tutor?.viewOf(camera))
    const joined = joinRound(round)
    const atSeconds = joined?.sight.atSeconds ?? printSecondsAt(this.#time, clock.nowMs())
    let outcome: Outcome = {}
    let evidence: readonly LayerEvidence[] | undefined
    if (this.link.course.state === 'printing' && !isPreparing(layer, atSeconds)) {
      evidence = this.#sense.take(seen, { layer, atSeconds })
      const placed = { layer, atSeconds, ...joined, evidence }
      ;[this.#assessment, outcome] = assess(this.#assessment, placed, config.policy)
    } else if (joined && isPreparing(layer, atSeconds)) {
      this.#assessment = prepareAssessment(this.#assessment, joined)
    }
    // The printer is called before anything is written down, for that may wait for a slow disk.
    const pausing = this.pausing.protect(outcome.decision, signal)
    if (seen.kind === 'seen') this.#keep(seen, picturesOf(round, layer, outcome), outcome)
    tutor?.note({ ...this.link.course, layer, atSeconds, round, evidence, outcome })
    // The layer at which a failure is confirmed may stay the last for hours: it is told as it stands.
    const confirmed = outcome.turn === 'confirmed' ? closeLayer(this.#assessment, atSeconds) : undefined
    this.#record([...this.#closed(outcome.closed), ...this.#closed(confirmed), ...this.#turned(outcome)])
    // How far the print is tells it from the next run of the job, should the agent be away meanwhile.
    if (outcome.closed) void this.#parts.journal.saveCourse(this.link.course, this.keeper.hold)
    if (outcome.turn) this.#parts.onChange()
    if (pausing) void this.pausing.settle(pausing, { by: 'layerwatch' }, signal)
  }

  /** Pauses at the press of the button on the device. */
  pauseByButton(signal: AbortSignal): Promise<void> {
    const by = 'button'
    return this.pausing.settle(this.pausing.act('pause', by, signal), { by }, signal)
  }

  #keep(seen: Seen, pictures: readonly Picture[], { decision, closed }: Outcome): void {
    const { printId } = this.link.course.print ?? {}
    const last = newestOf(this.#album, seen.camera)
    if (closed && last && printId)
      this.#parts.journal.keepLayerPicture(printId, closed.report.layer, last.jpeg)
    // Evidence gathers for a while before anything is suspected: no picture of that time shows how it was before.
    const isGood = decision?.verdict === 'ok' && this.#assessment.suspicion.beganAtLayer === undefined
    for (const picture of pictures) this.#album = keepPicture(this.#album, picture, isGood)
    this.#frameMs = seen.frameMs
  }

  #turned(outcome: Outcome): Entry[] {
    const { newId } = this.#parts
    const hasBefore = this.#isBeforeShown
    if (outcome.turn) this.#isBeforeShown = outcome.turn !== 'cleared'
    return describeTurn(outcome, { album: this.#album, layer: this.#place.layer, newId, hasBefore })
  }

  #closed(closed: ClosedLayer | undefined): Entry[] {
    const { modelSha256 } = this.#parts
    return describeLayers(closed, { modelSha256, layers: this.link.status?.layers })
  }

  /** Goes along with the printer: a new print begins a new account, a resumed one goes on from what is in sight. */
  #follow(changes: readonly Change[], status: PrinterStatus | undefined): void {
    const { clock, journal, onChange } = this.#parts
    const entries: Entry[] = []
    for (const change of changes) {
      this.#parts.tutor?.follow(change)
      if (change.type === 'print.finished') entries.push(...this.#endPrint(change.printId))
      if (change.type === 'print.started') this.#beginPrint()
      if (change.type === 'printer.resumed') this.#goOn()
      entries.push(change)
    }
    if (status) this.#time = readPrintTime(this.#time, status, clock.nowMs())
    if (status?.state === 'printing') this.#placeNow(status)
    this.#record(entries)
    if (status) this.keeper.follow(status)
    if (changes.length === 0) return
    void journal.saveCourse(this.link.course, this.keeper.hold)
    onChange()
  }

  /** What is in sight after a person resumed is how it is to be; the part may have been touched. */
  #goOn(): void {
    const { newest } = this.#album
    this.#assessment = resumeAssessment(this.#assessment, newest?.sight, newest?.camera)
    this.#sense.forget()
  }

  #placeNow(status: PrinterStatus): void {
    const { clock, indexFile, log } = this.#parts
    const printSeconds = printSecondsAt(this.#time, clock.nowMs())
    const place = placeLayer(this.#place, { status, printSeconds, layerAtByte: this.#layerAtByte })
    if (place.layer < this.#place.layer) this.#recount(printSeconds)
    this.#pacing.noteLayer(place.claimed ?? place.layer)
    this.#place = place
    const excluded = status.excludedObjects?.length ?? 0
    // A part that somebody left out grows no more: what grows is learned anew.
    if (excluded > this.#excluded) this.#sense.forget()
    this.#excluded = excluded
    if (status.layer !== undefined || status.filePosition === undefined || this.#isFileAsked) return
    this.#isFileAsked = true
    const { printId } = this.link.course.print ?? {}
    const load = async () => {
      const file = await this.#parts.printer.file(AbortSignal.timeout(fileTimeoutMs))
      const index = file ? await indexFile(file) : undefined
      if (this.link.course.print?.printId === printId) this.#layerAtByte = index
    }
    load().catch((error: unknown) => log.warn({ err: error }, 'layers can not be read from the file'))
  }

  /** A better source counts the layers from now on, and is at a lower number: what was open is closed. */
  #recount(printSeconds: number): void {
    this.#record(this.#closed(closeLayer(this.#assessment, printSeconds)))
    this.#assessment = recountAssessment(this.#assessment)
    this.#parts.tutor?.noteRecount()
  }

  #beginPrint(): void {
    this.#time = startPrintTime(this.#parts.clock.nowMs())
    this.#place = beforeFirstLayer
    this.#layerAtByte = undefined
    this.#isFileAsked = false
    this.#assessment = startAssessment({ ...this.#parts, ...this.#parts.tutor?.grounds })
    this.#sense.forget()
    this.#album = emptyAlbum
    this.#eyes = openEyes(this.#parts.clock.nowMs())
    this.#cameras = {}
    this.#isBeforeShown = false
    this.pausing.forget()
  }

  #endPrint(printId: string | undefined): Entry[] {
    const last = closeLayer(this.#assessment, printSecondsAt(this.#time, this.#parts.clock.nowMs()))
    const whose = printId ? { printId } : {}
    const entries = this.#closed(last).map((entry): Entry => ({ ...entry, ...whose }))
    this.#beginPrint()
    return entries
  }

  /** Writes entries down for the print they belong to: the one running, unless they name another. */
  #record(entries: readonly Entry[]): void {
    if (entries.length === 0) return
    const { printId } = this.link.course.print ?? {}
    this.#parts.journal.record(entries.map((entry) => (printId ? { printId, ...entry } : entry)))
  }
}
