import type { Page } from 'playwright-core'
import { failPause } from './failing.ts'
import { learningShots } from './learning-shots.ts'
import { notificationShots } from './notification-shots.ts'
import { sequelShots } from './sequel-shots.ts'
import { incidentPath, open, type Shot } from './shot.ts'
import { addDevice, addPrinter, ago, changePrinter, judgedLayer } from './world.ts'

/** Every screen and state worth a look, and how to get there. */

export const shots: Shot[] = [
  { name: 'home', sizes: ['phone', 'desk'], play: (stage) => open(stage, '/') },
  {
    name: 'printer-fine',
    sizes: ['phone', 'desk'],
    play: (stage) => open(stage, `/printers/${stage.shop.garage.id}`),
  },
  {
    name: 'printer-suspected',
    play: async (stage) => {
      stage.world.live.detections = [{ label: 'spaghetti', score: 0.58, box: [0.4, 0.5, 0.3, 0.2] }]
      await open(stage, `/printers/${stage.shop.window.id}`)
      await stage.page.getByRole('button', { name: 'Heat' }).click()
      await stage.page.waitForTimeout(700)
    },
  },
  {
    name: 'printer-blind',
    play: (stage) => {
      stage.world.live.isSent = false
      return open(stage, `/printers/${stage.shop.voron.id}`)
    },
  },
  {
    name: 'printer-silent',
    themes: ['light'],
    play: async (stage) => {
      const { device } = stage.shop.garage
      changePrinter(stage.world, stage.shop.garage.id, {
        device: { ...device, isPresent: false, heardAt: ago(400) },
      })
      await open(stage, `/printers/${stage.shop.garage.id}`)
    },
  },
  {
    name: 'printer-paused',
    themes: ['dark'],
    play: (stage) => open(stage, `/printers/${stage.shop.left.id}`),
  },
  {
    name: 'printer-viewer',
    themes: ['light'],
    play: async (stage) => {
      changePrinter(stage.world, stage.shop.garage.id, { role: 'viewer' })
      await open(stage, `/printers/${stage.shop.garage.id}`)
    },
  },
  {
    name: 'printer-watch-only',
    themes: ['light'],
    play: async (stage) => {
      const limits = [
        'Can only watch, because there is no link to the printer: it is told by its motion whether it prints.',
      ]
      changePrinter(stage.world, stage.shop.garage.id, { actions: [], limits })
      await open(stage, `/printers/${stage.shop.garage.id}`)
    },
  },
  {
    name: 'printer-cameras',
    play: async (stage) => {
      const cameras = [
        { name: 'camera 1', isSeeing: true, intervalSeconds: 5.01 },
        { name: 'camera 2', isSeeing: false, reason: 'camera-moved' as const },
      ]
      changePrinter(stage.world, stage.shop.garage.id, { cameras })
      await open(stage, `/printers/${stage.shop.garage.id}`)
    },
  },
  {
    name: 'printer-idle',
    themes: ['light'],
    play: async (stage) => {
      const watching = { isWatching: false as const, since: ago(4000) }
      changePrinter(stage.world, stage.shop.garage.id, { state: 'idle', print: undefined, watching })
      stage.world.live.isSent = false
      await open(stage, `/printers/${stage.shop.garage.id}`)
    },
  },
  {
    name: 'layer-lens',
    sizes: ['phone', 'desk'],
    play: async (stage) => {
      const { garage } = stage.shop
      const print = {
        ...garage.print,
        id: garage.print?.id ?? '',
        layer: 1612,
        layers: 2000,
        job: 'Lamp column',
      }
      const marks = [
        { from: 402, to: 405, health: 'suspected' as const, evidence: [0.5, 0.6] as [number, number] },
        { from: 1203, to: 1205, health: 'suspected' as const, evidence: [0.52, 0.66] as [number, number] },
        { from: 1206, to: 1206, health: 'failed' as const, evidence: [0.77, 0.77] as [number, number] },
        { from: 1450, to: 1466, health: 'unwatched' as const, evidence: [0, 0] as [number, number] },
      ]
      const layers = Array.from({ length: 1612 }, (_, index) =>
        judgedLayer(
          index + 1,
          marks.find((mark) => index + 1 >= mark.from && index + 1 <= mark.to),
          (1612 - index) * 20,
        ),
      )
      stage.world.layers.set(print.id, layers)
      changePrinter(stage.world, garage.id, {
        print: { ...garage.print, ...print, printerId: garage.id, startedAt: ago(40_000) },
      })
      await open(stage, `/printers/${garage.id}`)
      await stage.page.getByRole('slider').focus()
      await stage.page.keyboard.press('p')
      await stage.page.keyboard.press('p')
      await stage.page.waitForTimeout(300)
    },
  },
  { name: 'incident', sizes: ['phone', 'desk'], play: (stage) => open(stage, incidentPath(stage)) },
  {
    name: 'incident-hold',
    themes: ['light'],
    play: async (stage) => {
      await open(stage, incidentPath(stage))
      await pressOn(stage.page, /^Stop/)
      await stage.page.waitForTimeout(560)
    },
  },
  {
    name: 'incident-second-press',
    themes: ['dark'],
    play: async (stage) => {
      await open(stage, incidentPath(stage))
      await stage.page.getByRole('button', { name: /^Stop/ }).focus()
      await stage.page.keyboard.press('Enter')
      await stage.page.waitForTimeout(700)
    },
  },
  {
    name: 'incident-stale',
    themes: ['light'],
    play: async (stage) => {
      stage.world.live.ageMs = 47_000
      await open(stage, incidentPath(stage))
    },
  },
  {
    name: 'incident-unconfirmed',
    themes: ['dark'],
    play: async (stage) => {
      const id = stage.world.printers.get(stage.shop.left.id)?.incident?.id ?? ''
      const incident = stage.world.incidents.get(id)
      if (incident) stage.world.incidents.set(id, { ...incident, timeline: incident.timeline.slice(0, -1) })
      failPause(stage.world, id, 177)
      await open(stage, incidentPath(stage))
    },
  },
  ...sequelShots,
  {
    name: 'pause-sent',
    themes: ['dark'],
    play: async (stage) => {
      stage.world.printersObey = 'never'
      await open(stage, `/printers/${stage.shop.garage.id}`)
      await stage.page.getByRole('button', { name: /^Pause/ }).click()
      await stage.page.waitForTimeout(3200)
    },
  },
  {
    name: 'pause-not-confirmed',
    themes: ['light'],
    play: async (stage) => {
      stage.world.printersObey = 'never'
      await open(stage, `/printers/${stage.shop.garage.id}`)
      await stage.page.getByRole('button', { name: /^Pause/ }).click()
      await stage.page.waitForTimeout(21_500)
    },
  },
  {
    name: 'offline',
    themes: ['dark'],
    play: async (stage) => {
      await open(stage, '/')
      stage.cloud.setReachable(false)
      await stage.page.context().setOffline(true)
      await stage.page.waitForTimeout(3000)
    },
  },
  {
    name: 'offline-printer',
    themes: ['light'],
    play: async (stage) => {
      await open(stage, `/printers/${stage.shop.garage.id}`)
      stage.cloud.setReachable(false)
      await stage.page.waitForTimeout(11_000)
    },
  },
  {
    name: 'empty',
    play: async (stage) => {
      stage.world.printers.clear()
      await open(stage, '/')
    },
  },
  { name: 'history', sizes: ['phone', 'desk'], play: (stage) => open(stage, '/history') },
  ...learningShots,
  { name: 'alerts', sizes: ['phone', 'desk'], play: (stage) => open(stage, '/alerts') },
  { name: 'you', sizes: ['phone', 'desk'], play: (stage) => open(stage, '/you') },
  ...notificationShots,
  { name: 'pairing', sizes: ['phone', 'desk'], play: (stage) => open(stage, '/devices/add') },
  {
    name: 'pairing-done',
    themes: ['dark'],
    play: async (stage) => {
      await open(stage, '/devices/add')
      const device = addDevice(stage.world, 'attic-pi')
      const [pairing] = [...stage.world.pairings.values()]
      if (pairing) stage.world.pairings.set(pairing.id, { ...pairing, status: 'paired', deviceId: device.id })
      const spec = {
        name: 'Prusa',
        job: 'Hook',
        layer: 3,
        layers: 90,
        scene: { colour: '#d9733f', shape: 'box' as const, progress: 0.1 },
      }
      const printer = await addPrinter(stage.world, device, spec)
      changePrinter(stage.world, printer.id, {})
      await stage.page.waitForTimeout(800)
    },
  },
  {
    name: 'gone',
    themes: ['light'],
    play: (stage) => open(stage, '/printers/11111111-1111-4111-8111-111111111111'),
  },
  {
    name: 'hostile',
    themes: ['light'],
    play: async (stage) => {
      changePrinter(stage.world, stage.shop.garage.id, {
        name: '<img src=x onerror=alert(1)> \u202Egnirts gnol yrev a si siht',
        print: {
          ...stage.shop.garage.print,
          ...{
            id: stage.shop.garage.print?.id ?? '',
            printerId: stage.shop.garage.id,
            startedAt: ago(99),
            job: '🧨'.repeat(400),
          },
        },
      })
      await open(stage, '/')
    },
  },
  {
    name: 'sign-in',
    sizes: ['phone', 'desk'],
    play: async (stage) => {
      await stage.page.context().clearCookies()
      await open(stage, '/')
    },
  },
]

async function pressOn(page: Page, name: RegExp): Promise<void> {
  const box = await page.getByRole('button', { name }).boundingBox()
  await page.mouse.move((box?.x ?? 0) + 40, (box?.y ?? 0) + 30)
  await page.mouse.down()
}
