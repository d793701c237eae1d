import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { pino } from 'pino'
import type { BambuCameraConfig } from '../../../device/camera/config.ts'
import { describe, exitCodeOf } from '../../../device/cli/probe.ts'
import type { WatchedPrinterConfig } from '../../../device/config.ts'
import { parseConfig } from '../../../device/config.ts'
import { probeWatched } from '../../../device/probe.ts'
import { type FakeBambu, startFakeBambu } from '../../fakes/bambu.ts'
import { type FakeBambuCamera, startFakeBambuCamera } from '../../fakes/bambu-camera.ts'
import { json } from '../../fakes/http-peer.ts'
import { startFakeMoonraker } from '../../fakes/moonraker.ts'
import { startFakeOctoprint } from '../../fakes/octoprint.ts'
import { drawPicture } from '../../fakes/pictures.ts'

const log = pino({ level: 'silent' })
let printer: FakeBambu
let camera: FakeBambuCamera
before(async () => {
  printer = await startFakeBambu()
  camera = await startFakeBambuCamera()
})
after(async () => {
  await printer.close()
  await camera.close()
})

/** A configuration as its owner writes it. */
function configure(link: object, cameraChange: Partial<BambuCameraConfig> = {}): WatchedPrinterConfig {
  const { host, port, accessCode, fingerprint } = camera
  const printers = [
    {
      name: 'Workshop P1S',
      printer: link,
      camera: { kind: 'bambu', host, port, accessCode, fingerprint, ...cameraChange },
    },
  ]
  const [config] = parseConfig(JSON.stringify({ printers }), {
    folder: '/',
    env: {},
    file: 'agent.yaml',
  }).printers
  assert.ok(config)
  return config
}

function linkTo({ host, port, serial, accessCode, fingerprint }: FakeBambu): object {
  return { kind: 'bambu', host, port, serial, accessCode, fingerprint }
}

test('a printer and a camera that work are told of in a person’s words', async () => {
  printer.start('vase')
  const findings = await probeWatched(configure(linkTo(printer)), log)
  const words = describe(findings)
  assert.match(words, /printer: X1 Carbon, firmware 01\.09\.00\.00, printing \(vase\)/)
  assert.match(words, /can pause, resume, stop/)
  assert.match(words, /layers: told by the printer/)
  assert.match(words, /nozzle 220 °C of 220 °C, bed 60 °C of 60 °C/)
  assert.match(words, /96 × 72 pixels, \d+ kB, a picture takes \d+ ms/)
  assert.match(words, /the picture is good to judge by/)
  assert.equal(exitCodeOf(findings), 0)
})

test('a printer that can only be watched is told from one that works, with how to mend it', async () => {
  printer.behaves.isDeveloperMode = false
  const findings = await probeWatched(configure(linkTo(printer)), log)
  assert.match(describe(findings), /can only watch, because .* Developer Mode/)
  assert.equal(exitCodeOf(findings), 3)
  printer.behaves.isDeveloperMode = true
})

test('no link is told as what it is', async () => {
  const findings = await probeWatched(configure({ kind: 'none' }), log)
  assert.match(describe(findings), /can only watch, because there is no link to the printer/)
  assert.equal(exitCodeOf(findings), 3)
})

test('an unpinned printer and camera are told with what to write down', async () => {
  const link = { ...linkTo(printer), fingerprint: undefined }
  const findings = await probeWatched(configure(link, { fingerprint: undefined }), log)
  const words = describe(findings)
  assert.ok(words.includes(`write fingerprint: ${printer.fingerprint}`))
  assert.ok(words.includes(`write fingerprint: ${camera.fingerprint}`))
  assert.equal(exitCodeOf(findings), 1)
})

test('a camera that always gives the same picture is said to be of no use', async () => {
  camera.behaves.only = await drawPicture(1)
  const findings = await probeWatched(configure(linkTo(printer)), log)
  delete camera.behaves.only
  assert.match(describe(findings), /of no use: the camera gives the same picture over and over/)
  assert.equal(exitCodeOf(findings), 3)
})

test('every camera of a printer is listed by its name, with its own interval, and one that is gone too', async () => {
  const [own, gone] = [
    configure(linkTo(printer)).camera,
    { kind: 'snapshot' as const, url: 'http://127.0.0.1:9/' },
  ]
  const findings = await probeWatched({ ...configure(linkTo(printer)), camera: own, cameras: [gone] }, log)
  const words = describe(findings)
  assert.match(words, /^ {2}camera 1: .*\n.* a new one comes every \d+ ms at most$/m)
  assert.match(words, /^ {2}camera 2: does not work: cannot reach 127\.0\.0\.1:9/m)
  assert.equal(exitCodeOf(findings), 1)
})

test('a camera that OctoPrint or Moonraker knows of is told with what to write, and not once it is configured', async (t) => {
  const octoprint = await startFakeOctoprint()
  const moonraker = await startFakeMoonraker()
  t.after(() => Promise.all([octoprint.close(), moonraker.close()]))
  const webcam = { webcamEnabled: true, streamUrl: '/webcam/?action=stream', flipH: true, flipV: false }
  octoprint.answers.set('/api/settings', json(200, { webcam }))
  const moonrakersOwn = [{ name: 'bed', stream_url: '', snapshot_url: 'http://cam.lan/snapshot' }]
  moonraker.answers.set('/server/webcams/list', json(200, { result: { webcams: moonrakersOwn } }))
  const url = `${octoprint.url}/webcam/?action=stream`
  const octoprintLink = { kind: 'octoprint', url: octoprint.url, apiKey: 'key' }
  const findings = await probeWatched(configure(octoprintLink), log)
  assert.ok(
    describe(findings).includes(
      `put it in the configuration as camera: {kind: mjpeg, url: "${url}"} (it is turned or mirrored there: see picture)`,
    ),
    describe(findings),
  )
  const known = await probeWatched({ ...configure(octoprintLink), cameras: [{ kind: 'mjpeg', url }] }, log)
  assert.doesNotMatch(describe(known), /camera found/)
  const klipper = await probeWatched(configure({ kind: 'moonraker', url: moonraker.url }), log)
  assert.match(describe(klipper), /camera: \{kind: snapshot, url: "http:\/\/cam\.lan\/snapshot"\}$/m)
  // A key that may not read the settings only costs the hint.
  octoprint.answers.set('/api/settings', json(403, {}))
  const refused = await probeWatched(configure(octoprintLink), log)
  assert.ok(refused.printer.isFound)
  assert.deepEqual(refused.printer.found.webcams, [])
})
