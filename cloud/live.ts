import type { LiveChange, PrinterView, Role } from '@layerwatch/shared/api.ts'
import type { Logger } from 'pino'
import type { Change } from './changes.ts'
import { findRoles } from './db/access.ts'
import type { Db } from './db/client.ts'
import { findCommandsToView } from './db/commands.ts'
import { findIncidentsToView } from './db/incidents.ts'
import { findLayer, viewLayer } from './db/layers.ts'
import { findPrinterIdsOfDevice, findPrintersToView } from './db/printers.ts'
import type { Presence } from './presence.ts'
import { Repeater } from './repeater.ts'
import { viewPrinter } from './views.ts'

/** One open page: where its changes go, and whether it may still have them. */
export interface Page {
  personId: string
  /** Asks the database whether the session of this page is still good. */
  isSignedIn: () => Promise<boolean>
  send: (change: LiveChange) => void
  close: () => void
}

interface Viewer {
  page: Page
  /** What the person may see, as last read from the database. */
  roles: Map<string, Role>
  /** False until the page was given all its printers. */
  isReady: boolean
  missed: Change[]
}

/** Changes within this time go out together. */
const gatherMs = 20
/** A session that ended, or a grant that was taken, ends a stream within this time. */
const recheckMs = 5_000
const presenceMs = 1_000

/** Tells every open page of what changes at the printers its person may see. */
export class LiveHub {
  readonly #db: Db
  readonly #presence: Presence
  readonly #viewers = new Set<Viewer>()
  readonly #known = new Set<string>()
  readonly #sender: Repeater
  readonly #checker: Repeater
  readonly #watcher: Repeater
  #pending: Change[] = []

  constructor({ db, presence, log }: { db: Db; presence: Presence; log: Logger }) {
    this.#db = db
    this.#presence = presence
    this.#sender = new Repeater('tell pages', () => this.#flush(), log)
    this.#checker = new Repeater('check pages', () => this.#recheck(), log)
    this.#watcher = new Repeater('watch presence', () => this.#noticeLost(), log)
  }

  start(): void {
    this.#checker.wake()
    this.#watcher.wake()
  }

  async close(): Promise<void> {
    await Promise.all([this.#sender.close(), this.#checker.close(), this.#watcher.close()])
    for (const viewer of this.#viewers) viewer.page.close()
    this.#viewers.clear()
  }

  /** Gives a page its printers and then every change, until the returned function is called. */
  async open(page: Page): Promise<() => void> {
    const viewer: Viewer = {
      page,
      roles: await findRoles(this.#db, page.personId),
      isReady: false,
      missed: [],
    }
    this.#viewers.add(viewer)
    try {
      const printers = await this.#viewPrinters([...viewer.roles.keys()])
      page.send({ type: 'printers', printers: printers.map((printer) => as(printer, viewer)) })
      viewer.isReady = true
      // A printer may have come while the others were read.
      await this.#recheckOne(viewer)
    } catch (error) {
      this.#viewers.delete(viewer)
      throw error
    }
    this.announce(viewer.missed.splice(0))
    return () => this.#viewers.delete(viewer)
  }

  /** Something changed and is committed. */
  announce(changes: readonly Change[]): void {
    if (this.#viewers.size === 0 || changes.length === 0) return
    this.#pending.push(...changes)
    this.#sender.wake()
  }

  /** What concerns one person alone. */
  tell(personId: string, change: LiveChange): void {
    for (const viewer of this.#viewers) if (viewer.page.personId === personId) viewer.page.send(change)
  }

  /** Reads again who may see what: after a device was removed or a printer shared. */
  recheck(): void {
    this.#checker.wake()
  }

  async #flush(): Promise<number> {
    const changes = this.#pending
    this.#pending = []
    try {
      await this.#pass(changes)
    } catch (error) {
      this.#pending.unshift(...changes)
      throw error
    }
    return this.#pending.length > 0 ? gatherMs : 60_000
  }

  async #pass(changes: readonly Change[]): Promise<void> {
    // Whoever is still reading is told afterwards, of printers too that came meanwhile.
    for (const viewer of this.#viewers) if (!viewer.isReady) viewer.missed.push(...changes)
    if (changes.some((change) => !this.#known.has(change.printerId))) await this.#recheck()
    for (const change of changes) this.#known.add(change.printerId)
    const watched = changes.filter((change) => this.#isWatched(change))
    for (const [printerId, news] of await this.#read(watched)) this.#send(printerId, news)
  }

  #isWatched({ printerId }: Change): boolean {
    return [...this.#viewers].some((viewer) => viewer.roles.has(printerId))
  }

  #send(printerId: string, news: readonly LiveChange[]): void {
    for (const viewer of this.#viewers) {
      if (!viewer.isReady || !viewer.roles.has(printerId)) continue
      for (const change of news) viewer.page.send(this.#personal(change, viewer))
    }
  }

  #personal(change: LiveChange, viewer: Viewer): LiveChange {
    return change.type === 'printer' ? { type: 'printer', printer: as(change.printer, viewer) } : change
  }

  /** What the changes mean now, by printer: each printer, layer, incident and command once. */
  async #read(changes: readonly Change[]): Promise<Map<string, LiveChange[]>> {
    const db = this.#db
    const once = new Map(changes.map((change) => [JSON.stringify(change), change]))
    const news = new Map<string, LiveChange[]>()
    const add = (printerId: string, change: LiveChange) => {
      news.set(printerId, [...(news.get(printerId) ?? []), change])
    }
    // An incident or a command shows in its printer too.
    const printers = await this.#viewPrinters([...new Set(changes.map((change) => change.printerId))])
    for (const printer of printers) add(printer.id, { type: 'printer', printer })
    const of = [...once.values()]
    const incidentIds = of.flatMap((change) => (change.kind === 'incident' ? [change.incidentId] : []))
    for (const incident of await findIncidentsToView(db, incidentIds)) {
      add(incident.printerId, { type: 'incident', incident })
    }
    const commandIds = of.flatMap((change) => (change.kind === 'command' ? [change.commandId] : []))
    for (const command of await findCommandsToView(db, commandIds)) {
      add(command.printerId, { type: 'command', command })
    }
    for (const change of of) {
      if (change.kind !== 'layer') continue
      const { printerId, printId } = change
      const row = await findLayer(db, printId, change.layer)
      if (row) add(printerId, { type: 'layer', printerId, printId, layer: viewLayer(row) })
    }
    return news
  }

  async #viewPrinters(printerIds: readonly string[]): Promise<PrinterView[]> {
    const rows = await findPrintersToView(this.#db, printerIds)
    return rows.map((row) => {
      const isPresent = this.#presence.isPresent(row.printer.deviceId)
      return viewPrinter(row, { role: 'viewer', isPresent })
    })
  }

  /** Ends the pages of ended sessions, and tells the others of printers that came or went. */
  async #recheck(): Promise<number> {
    for (const viewer of [...this.#viewers]) if (viewer.isReady) await this.#recheckOne(viewer)
    return recheckMs
  }

  async #recheckOne(viewer: Viewer): Promise<void> {
    if (!(await viewer.page.isSignedIn())) {
      this.#viewers.delete(viewer)
      viewer.page.close()
      return
    }
    const before = viewer.roles
    viewer.roles = await findRoles(this.#db, viewer.page.personId)
    for (const printerId of before.keys()) {
      if (!viewer.roles.has(printerId)) viewer.page.send({ type: 'printer.removed', printerId })
    }
    const changed = [...viewer.roles].filter(([id, role]) => before.get(id) !== role).map(([id]) => id)
    for (const printer of await this.#viewPrinters(changed)) {
      viewer.page.send({ type: 'printer', printer: as(printer, viewer) })
    }
  }

  async #noticeLost(): Promise<number> {
    for (const deviceId of this.#presence.listLost()) {
      const printerIds = await findPrinterIdsOfDevice(this.#db, deviceId)
      this.announce(printerIds.map((printerId) => ({ kind: 'printer', printerId })))
      this.#presence.setTold(deviceId)
    }
    return presenceMs
  }
}

function as(printer: PrinterView, viewer: Viewer): PrinterView {
  return { ...printer, role: viewer.roles.get(printer.id) ?? 'viewer' }
}
