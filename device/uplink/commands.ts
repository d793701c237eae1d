import type { Command } from '@layerwatch/shared/commands.ts'
import { finishedWithinMs } from '@layerwatch/shared/commands.ts'
import type { EventInput } from '@layerwatch/shared/events.ts'
import type { PrinterAction } from '@layerwatch/shared/vocabulary.ts'
import type { Logger } from 'pino'
import type { Change } from '../assess/prints.ts'
import type { Clock } from '../clock.ts'
import { describeSnapshot } from '../watch/incident.ts'
import type { CommandCircumstances } from './check-command.ts'
import { checkCommand, whyNot } from './check-command.ts'
import type { FreshPictures } from './fresh-pictures.ts'
import type { Message } from './mqtt.ts'
import type { OutboxThread } from './outbox-thread.ts'
import type { Scribe } from './scribe.ts'
import type { WatchedPrinter } from './watched-printer.ts'

interface CommandParts {
  printers: ReadonlyMap<string, WatchedPrinter>
  outbox: Pick<OutboxThread, 'claimCommand'>
  scribe: Pick<Scribe, 'recordNow'>
  fresh: FreshPictures
  circumstances: () => Pick<CommandCircumstances, 'deviceId' | 'boot' | 'uptimeMs' | 'keys'>
  renewLease: (printerId: string) => void
  newId: () => string
  clock: Clock
  log: Logger
}

type Finish = Omit<EventInput<'command.finished'>, 'commandId'>

interface Move {
  command: Command
  action: PrinterAction
  printer: WatchedPrinter
  /** Ends with the agent: what follows from a command may last longer than its answer. */
  lasting: AbortSignal
}

const keptClaims = 1_000

/** Obeys what the cloud asks: check, store, act, read back, tell. */
export class Commands {
  readonly #parts: CommandParts
  /** Ids of this run, for a disk that refuses: another run's commands are refused by their boot. */
  readonly #claimed = new Set<string>()

  constructor(parts: CommandParts) {
    this.#parts = parts
  }

  /** Takes one message. Never throws. */
  async take(message: Message, signal: AbortSignal): Promise<void> {
    const { printers, log } = this.#parts
    const judgement = checkCommand(message.payload, {
      ...this.#circumstances(),
      isRetained: message.isRetained,
    })
    if (judgement.kind === 'ignored') {
      log.warn({ reason: judgement.reason }, 'command ignored')
      return
    }
    const { command } = judgement
    const printer = printers.get(command.printerId)
    if (judgement.kind === 'accepted' && command.action === 'live' && printer) {
      this.#parts.renewLease(command.printerId)
      return
    }
    if (command.action === 'mark') {
      if (judgement.kind === 'accepted' && printer) await this.#keepMark(command, printer)
      return
    }
    const claim = await this.#claim(command)
    if (claim === 'taken') {
      log.warn({ commandId: command.id }, 'command ignored, for it came before')
      return
    }
    if (judgement.kind === 'refused' || !printer) {
      const refusal =
        judgement.kind === 'refused' ? judgement : { result: 'refused' as const, reason: 'gone' }
      await this.#tell(command, { result: refusal.result, reason: refusal.reason })
      return
    }
    if (claim === 'unsure' && command.action === 'resume') {
      await this.#tell(command, { result: 'refused', reason: 'the device can not store the command' })
      return
    }
    await this.#obey(command, printer, signal)
  }

  #circumstances(): Omit<CommandCircumstances, 'isRetained'> {
    const { fresh, printers, circumstances } = this.#parts
    return {
      ...circumstances(),
      printer: (printerId) => {
        const course = printers.get(printerId)?.monitor.link.course
        return course && { printId: course.print?.printId, state: course.state }
      },
      snapshotAgeMs: (snapshotId, printerId) => fresh.ageMs(snapshotId, printerId),
    }
  }

  /** Stores that the command was taken, before anything moves. */
  async #claim({ id }: Command): Promise<'new' | 'taken' | 'unsure'> {
    if (this.#claimed.has(id)) return 'taken'
    this.#claimed.add(id)
    const oldest = this.#claimed.values().next().value
    if (this.#claimed.size > keptClaims && oldest !== undefined) this.#claimed.delete(oldest)
    try {
      return (await this.#parts.outbox.claimCommand(id)) ? 'new' : 'taken'
    } catch (error) {
      this.#parts.log.error({ err: error }, 'command not stored')
      return 'unsure'
    }
  }

  async #obey(command: Command, printer: WatchedPrinter, lasting: AbortSignal): Promise<void> {
    const signal = AbortSignal.any([lasting, AbortSignal.timeout(finishedWithinMs)])
    this.#parts.log.info({ printer: printer.name, action: command.action }, 'command accepted')
    await this.#record(command, { type: 'command.accepted', data: { commandId: command.id } })
    const finish = await this.#perform({ command, printer, lasting }, signal)
    if (finish) await this.#tell(command, finish)
  }

  async #perform(
    { command, printer, lasting }: { command: Command; printer: WatchedPrinter; lasting: AbortSignal },
    signal: AbortSignal,
  ): Promise<Finish | undefined> {
    const { action } = command
    switch (action) {
      case 'snapshot':
        return this.#takeSnapshot(printer, signal)
      case 'untune':
        return this.#untune(printer)
      case 'live':
      case 'mark':
        return undefined
      default:
        return this.#move({ command, action, printer, lasting }, signal)
    }
  }

  /** Keeps what a person said, and says so. It is kept once however often it is told; untold, it is told again. */
  async #keepMark({ mark }: Command, { tutor, journal }: WatchedPrinter): Promise<void> {
    if (!mark || !tutor) return
    const { printId, revision } = mark
    try {
      await tutor.mark({ ...mark, ignore: mark.ignore ?? [] })
    } catch (error) {
      this.#parts.log.warn({ err: error }, 'mark not kept; it is told again')
      return
    }
    journal.record([{ type: 'print.marked', data: { printId, revision }, printId }])
  }

  async #untune({ tutor }: WatchedPrinter): Promise<Finish> {
    const isUndone = await tutor?.undo().catch((error: unknown) => {
      this.#parts.log.error({ err: error }, 'lesson not taken back')
      return undefined
    })
    if (isUndone === undefined)
      return { result: 'failed', reason: 'the device can not change what it learned' }
    return isUndone ? { result: 'done' } : { result: 'failed', reason: 'nothing learned is in force' }
  }

  /**
   * Moves the printer, unless what was judged holds no more: a slow disk may have held the command up, and the
   * printer may have gone on since it was last heard. A pause waits for no reading.
   */
  async #move({ command, action, printer, lasting }: Move, signal: AbortSignal): Promise<Finish> {
    const { link, pausing, keeper } = printer.monitor
    if (action !== 'pause') await link.read(signal)
    const reason = whyNot(command, this.#circumstances())
    if (reason !== undefined) return { result: 'refused', reason }
    const act = () => pausing.act(action, 'person', signal)
    const outcome = await (action === 'resume' ? keeper.resume(act, signal) : act())
    if ('refusal' in outcome) return { result: 'refused', reason: outcome.refusal }
    void pausing.seeThrough(action, outcome, lasting)
    return outcome.isDone ? { result: 'done' } : { result: 'failed', reason: outcome.reason }
  }

  async #takeSnapshot(printer: WatchedPrinter, signal: AbortSignal): Promise<Finish> {
    const { fresh, newId, clock } = this.#parts
    const askedAtMs = clock.nowMs()
    const picture = await printer.monitor.lookNow(signal)
    if (!picture || picture.capturedAtMs < askedAtMs - 2_000) {
      return { result: 'failed', reason: printer.monitor.eyes.blind?.reason ?? 'the camera gave no picture' }
    }
    const id = newId()
    fresh.remember(id, printer.printerId, picture.capturedAtMs)
    printer.journal.record([{ ...describeSnapshot({ id, picture, purpose: 'asked' }), ...printOf(printer) }])
    return { result: 'done', snapshotId: id }
  }

  async #tell(command: Command, finish: Finish): Promise<void> {
    this.#parts.log.info({ commandId: command.id, ...finish }, 'command finished')
    await this.#record(command, { type: 'command.finished', data: { commandId: command.id, ...finish } })
  }

  async #record({ printerId, printId }: Command, change: Change): Promise<void> {
    const { printers, scribe, log } = this.#parts
    const entry = printId === undefined ? change : { ...change, printId }
    try {
      await scribe.recordNow(entry, printers.has(printerId) ? printerId : undefined)
    } catch (error) {
      log.error({ err: error }, 'command not recorded')
    }
  }
}

function printOf({ monitor }: WatchedPrinter): { printId?: string } {
  const printId = monitor.link.course.print?.printId
  return printId === undefined ? {} : { printId }
}
