/** What Klipper calls its objects and their fields. https://www.klipper3d.org/Status_Reference.html */
export type KlipperObjects = Record<string, Record<string, unknown>>

type Macro = 'pause' | 'resume' | 'cancel'

/** Part of the file read in a second: a print lasts for minutes. */
const readPerSecond = 0.002

/**
 * Stands in for Klipper's host program: a print from a file, macros that take their time, objects as Klipper names
 * them. It moves nothing, and accepts what Klipper accepts: a pause of nothing too.
 */
export class FakeKlipper {
  /** Fields that replace the usual ones, by object; change it as the test goes. */
  readonly says: KlipperObjects = {}
  /** Every macro and script it ran, oldest first. */
  readonly ran: string[] = []
  /** A macro that ends in an error, as one with a mistake in it does. */
  refuses: Macro | undefined
  /** Macros wait for this before they end. */
  hold: Promise<void> = Promise.resolve()
  #print = { state: 'standby', filename: '', bytes: 0, readSeconds: 0, runs: 0 }
  #movingSinceMs: number | undefined

  get runs(): number {
    return this.#print.runs
  }

  get state(): string {
    return this.#print.state
  }

  /** Starts a print of a file; it goes on until it is cancelled. */
  start(filename: string, bytes: number): void {
    this.#print = { state: 'printing', filename, bytes, readSeconds: 0, runs: this.#print.runs + 1 }
    this.#movingSinceMs = performance.now()
  }

  /** Runs PAUSE, RESUME or CANCEL_PRINT, as its macros do: told when they have come to their end. */
  async run(macro: Macro): Promise<void> {
    this.ran.push(macro)
    if (this.refuses === macro) throw new Error(`Unknown command in macro ${macro}`)
    await this.hold
    const { state } = this.#print
    if (macro === 'pause' && state === 'printing') this.#stand('paused')
    if (macro === 'resume' && state === 'paused') this.#move()
    if (macro === 'cancel' && (state === 'printing' || state === 'paused')) this.#stand('cancelled')
  }

  /** Runs G-code: heaters and pins are set; anything else is only written down. */
  script(script: string): void {
    this.ran.push(script)
    for (const [, heater = '', target] of script.matchAll(
      /SET_HEATER_TEMPERATURE HEATER=(\w+) TARGET=(\d+)/g,
    )) {
      this.says[heater] = { ...this.says[heater], target: Number(target) }
    }
    for (const [, pin = '', value] of script.matchAll(/SET_PIN PIN=(\w+) VALUE=([01])/g)) {
      this.says[`output_pin ${pin}`] = { value: Number(value) }
    }
  }

  /** All objects, as they are now. */
  objects(): KlipperObjects {
    const { state, filename, bytes } = this.#print
    const seconds = this.#readSeconds()
    const progress = Math.min(1, readPerSecond * seconds)
    const isLoaded = filename !== '' && state !== 'cancelled'
    const objects: KlipperObjects = {
      webhooks: { state: 'ready', state_message: 'Printer is ready' },
      print_stats: {
        state,
        filename,
        print_duration: seconds,
        total_duration: seconds,
        filament_used: 0,
        message: '',
        info: { total_layer: null, current_layer: null },
      },
      virtual_sdcard: {
        is_active: state === 'printing',
        file_path: filename,
        file_position: isLoaded ? Math.floor(bytes * progress) : 0,
        file_size: isLoaded ? bytes : 0,
        progress: isLoaded ? progress : 0,
      },
      pause_resume: { is_paused: state === 'paused' },
      display_status: { progress, message: null },
      gcode_move: { gcode_position: [60, 60, 0.2, 0] },
      toolhead: { position: [60, 60, 0.2, 0] },
      extruder: { temperature: 214.6, target: 215 },
      heater_bed: { temperature: 59.8, target: 60 },
      exclude_object: { objects: [], excluded_objects: [], current_object: null },
      'output_pin lamp': { value: 0 },
      'gcode_macro PAUSE': {},
      'gcode_macro CANCEL_PRINT': {},
    }
    for (const [name, fields] of Object.entries(this.says)) objects[name] = { ...objects[name], ...fields }
    return objects
  }

  #readSeconds(): number {
    const moving = this.#movingSinceMs === undefined ? 0 : (performance.now() - this.#movingSinceMs) / 1000
    return this.#print.readSeconds + moving
  }

  #stand(state: string): void {
    this.#print = { ...this.#print, state, readSeconds: this.#readSeconds() }
    this.#movingSinceMs = undefined
  }

  #move(): void {
    this.#print = { ...this.#print, state: 'printing' }
    this.#movingSinceMs = performance.now()
  }
}

/** The asked fields of the asked objects; null asks for all of an object. */
export function pickObjects(
  all: KlipperObjects,
  wanted: Record<string, readonly string[] | null>,
): KlipperObjects {
  return Object.fromEntries(
    Object.entries(wanted).map(([name, fields]) => {
      const object = all[name] ?? {}
      const kept = Object.entries(object).filter(([field]) => fields === null || fields.includes(field))
      return [name, Object.fromEntries(kept)]
    }),
  )
}

/** What of the objects is other than it was. */
export function changesBetween(before: KlipperObjects, after: KlipperObjects): KlipperObjects {
  const changes: KlipperObjects = {}
  for (const [name, fields] of Object.entries(after)) {
    const news = Object.entries(fields).filter(
      ([field, value]) => JSON.stringify(value) !== JSON.stringify(before[name]?.[field]),
    )
    if (news.length > 0) changes[name] = Object.fromEntries(news)
  }
  return changes
}
