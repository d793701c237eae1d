import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { z } from 'zod'
import { changePrinter, growLayer } from '../../../cloud/web/dev/world.ts'
import { account, cannotPlay, openTheatre, setupToken, type Theatre } from './page-stage.ts'

describe('the page on a phone', { skip: cannotPlay, timeout: 180_000 }, () => {
  let theatre: Theatre
  const onStage: Theatre['play'] = (act, options) => theatre.play(act, options)

  before(async () => {
    theatre = await openTheatre()
  })

  after(() => theatre?.close())

  test('the first owner signs up with the token, and a wrong one says so', () =>
    onStage(
      async ({ page, cloud }) => {
        await page.goto(`${cloud.url}/#setup=wrong`)
        await page.getByLabel('Your name').fill(account.name)
        await page.getByLabel('E-mail').fill(account.email)
        await page.getByLabel('Password').fill(account.password)
        await page.getByRole('button', { name: 'Make the account' }).click()
        await page.getByText('That is not the set-up token.').waitFor()
        await page.getByLabel('Set-up token').fill(setupToken)
        await page.getByRole('button', { name: 'Make the account' }).click()
        await page.getByRole('heading', { name: 'Two printers need you' }).waitFor()
      },
      { isNew: true },
    ))

  test('a person signs in, sees who needs them, and signs out without a trace', () =>
    onStage(async ({ page, cloud, context }) => {
      await context.clearCookies()
      await page.goto(cloud.url)
      await page.getByLabel('E-mail').fill(account.email)
      await page.getByLabel('Password').fill('wrong')
      await page.getByRole('button', { name: 'Sign in' }).click()
      await page.getByText('E-mail and password do not fit.').waitFor()
      await page.getByLabel('Password').fill(account.password)
      await page.getByRole('button', { name: 'Sign in' }).click()
      await page.getByRole('heading', { name: 'Two printers need you' }).waitFor()
      const first = page.getByRole('article').first()
      await first.getByText('Paused by Layerwatch').waitFor()
      await page.getByRole('link', { name: 'You' }).click()
      await page.getByRole('button', { name: 'Sign out' }).click()
      await page.getByRole('heading', { name: 'Sign in' }).waitFor()
      assert.equal(await page.evaluate('localStorage.length'), 0)
    }))

  test('the strip grows with each layer, is walked by keys, and speaks', () =>
    onStage(async ({ page, cloud, world, shop }) => {
      await page.goto(`${cloud.url}/printers/${shop.garage.id}`)
      const strip = page.getByRole('slider', { name: 'Layer strip' })
      await page.locator('[aria-valuenow="182"]').waitFor()
      growLayer(world, shop.garage.id)
      await page.locator('[aria-valuenow="183"]').waitFor()
      await strip.focus()
      await page.keyboard.press('Home')
      await page.getByRole('heading', { name: 'Layer 1' }).waitFor()
      assert.equal(await strip.getAttribute('aria-valuetext'), 'Layer 1, fine')
      await page.keyboard.press('n')
      await page.locator('[aria-valuetext^="Layer 31, suspected, spaghetti"]').waitFor()
      await page.keyboard.press('PageUp')
      await page.locator('[aria-valuenow="41"]').waitFor()
      await page.getByRole('button', { name: 'Back to live' }).click()
      await page.getByRole('heading', { name: 'Printing fine' }).waitFor()
      await page.getByText(/^Live, \d+ s old/).waitFor()
    }))

  test('a pause is sent, then confirmed by the printer alone', () =>
    onStage(async ({ page, cloud, world, shop }) => {
      world.printersObey = 'never'
      await page.goto(`${cloud.url}/printers/${shop.garage.id}`)
      await page.getByRole('button', { name: /^Pause/ }).click()
      await page.getByText('Pause sent').waitFor()
      await page.getByText(/waiting for the printer, \d+ s/).waitFor()
      assert.equal(await page.getByText('printer confirmed').count(), 0)
      assert.equal(world.asked[0]?.printId, shop.garage.print?.id)
      changePrinter(world, shop.garage.id, {
        state: 'paused',
        pausedBy: 'person',
        pausedAt: new Date().toISOString(),
      })
      await page.getByText(/^Paused, printer confirmed \d\d:\d\d:\d\d$/).waitFor()
    }))

  test('a refused pause says why and offers to try again', () =>
    onStage(async ({ page, cloud, world, shop }) => {
      world.printersObey = 'refuse'
      await page.goto(`${cloud.url}/printers/${shop.garage.id}`)
      await page.getByRole('button', { name: /^Pause/ }).click()
      await page.getByRole('button', { name: 'Pause again The printer refuses: its door is open.' }).waitFor()
      await page.getByText('cut the power').first().waitFor()
    }))

  test('twenty seconds without the printer’s word are said', () =>
    onStage(async ({ page, cloud, world, shop }) => {
      world.printersObey = 'never'
      await page.clock.install()
      await page.goto(`${cloud.url}/printers/${shop.garage.id}`)
      await page.getByRole('button', { name: /^Pause/ }).click()
      await page.getByText('Pause sent').waitFor()
      await page.clock.runFor(20_500)
      await page.getByRole('button', { name: /^Pause again not confirmed/ }).waitFor()
    }))

  test('stop needs a second of holding; less does nothing', () =>
    onStage(async ({ page, cloud, world, shop }) => {
      await page.goto(`${cloud.url}/printers/${shop.garage.id}`)
      const stop = page.getByRole('button', { name: /^Stop/ })
      await stop.hover()
      await page.mouse.down()
      await page.getByText(/stops in 0\.[0-7] s/).waitFor()
      await page.mouse.up()
      await stop.waitFor()
      assert.equal(world.asked.length, 0)
      await stop.hover()
      await page.mouse.down()
      await page.getByText('Stop sent').waitFor()
      await page.mouse.up()
      await page.getByText(/^Stopped, printer confirmed/).waitFor()
      assert.deepEqual(
        world.asked.map((asked) => asked.action),
        ['cancel'],
      )
    }))

  test('by keyboard a second press stops, on a button of its own', () =>
    onStage(async ({ page, cloud, world, shop }) => {
      await page.goto(`${cloud.url}/printers/${shop.garage.id}`)
      await page.getByRole('button', { name: /^Stop/ }).focus()
      await page.keyboard.press('Enter')
      const second = page.getByRole('button', { name: 'Yes, stop this print' })
      await second.waitFor()
      await page.keyboard.press('Enter')
      assert.equal(world.asked.length, 0)
      await second.focus()
      // Too soon after the first press it does not count.
      await assertEventually(async () => {
        await page.keyboard.press('Enter')
        return world.asked.length > 0
      })
      assert.equal(world.asked[0]?.action, 'cancel')
    }))

  test('resume is barred without a fresh picture, and names the one on screen', () =>
    onStage(async ({ page, cloud, world, shop }) => {
      world.live.ageMs = 47_000
      await page.goto(`${cloud.url}/printers/${shop.left.id}`)
      await page.getByText('Resume needs a picture under 30 s old.').waitFor()
      await page.getByRole('button', { name: 'Resume picture too old' }).click({ force: true })
      assert.equal(world.asked.length, 0)
      await page.getByRole('button', { name: 'New picture' }).click()
      const resume = page.getByRole('button', { name: 'Resume hold 1 s' })
      await resume.hover()
      await page.mouse.down()
      await page.getByText('Resume sent').waitFor()
      await page.mouse.up()
      const [snapshot, resumed] = world.asked
      assert.equal(snapshot?.action, 'snapshot')
      assert.equal(resumed?.action, 'resume')
      assert.ok(resumed?.snapshotId && world.snapshots.has(resumed.snapshotId))
      await page.getByText(/^Printing again, printer confirmed/).waitFor()
    }))

  test('while an older layer is looked at, resume waits for the live picture', () =>
    onStage(async ({ page, cloud, shop }) => {
      await page.goto(`${cloud.url}/printers/${shop.left.id}`)
      await page.getByRole('button', { name: 'Resume hold 1 s' }).waitFor()
      await page.getByRole('slider').focus()
      await page.keyboard.press('ArrowDown')
      await page.getByText('Go back to the live picture.').waitFor()
      assert.equal(await page.getByRole('button', { name: 'Resume hold 1 s' }).count(), 0)
    }))

  test('an alarm shows before and now, its timeline, and takes a judgement', () =>
    onStage(async ({ page, cloud, world, shop }) => {
      const incidentId = world.printers.get(shop.left.id)?.incident?.id
      await page.goto(cloud.url)
      await page.getByRole('button', { name: 'See what happened' }).click()
      await page.getByRole('heading', { name: /^Paused by Layerwatch at layer 41/ }).waitFor()
      await page.getByText('Before: layer 38').waitFor()
      await page.getByText(/^Now, \d+ s old/).waitFor()
      assert.deepEqual(await page.locator('.timeline li b').allTextContents(), [
        'Printer confirmed',
        'Pause sent',
        'Confirmed',
        'Suspected',
      ])
      await page.getByRole('button', { name: 'False alarm' }).click()
      await page.getByText('Closed').waitFor()
      assert.equal(world.incidents.get(incidentId ?? '')?.outcome, 'false-alarm')
    }))

  test('a stop from an alarm is confirmed there', () =>
    onStage(async ({ page, cloud, world, shop }) => {
      await page.goto(`${cloud.url}/incidents/${world.printers.get(shop.left.id)?.incident?.id}`)
      await page.getByRole('button', { name: /^Stop/ }).hover()
      await page.mouse.down()
      await page.getByText('Stop sent').waitFor()
      await page.mouse.up()
      await page.getByText(/^Stopped, printer confirmed/).waitFor()
    }))

  test('a viewer watches and has nothing to press', () =>
    onStage(async ({ page, cloud, world, shop }) => {
      changePrinter(world, shop.garage.id, { role: 'viewer' })
      await page.goto(`${cloud.url}/printers/${shop.garage.id}`)
      await page.getByText('You can watch this printer').waitFor()
      assert.equal(await page.getByRole('button', { name: /^(Pause|Stop|Resume)/ }).count(), 0)
      await page.goto(cloud.url)
      await page.getByRole('button', { name: 'Pause Window' }).waitFor()
      assert.equal(await page.getByRole('button', { name: 'Pause Garage' }).count(), 0)
    }))

  test('without a connection the last known state is said to be that, and nothing can be sent', () =>
    onStage(async ({ page, cloud, shop, context }) => {
      await page.goto(`${cloud.url}/printers/${shop.garage.id}`)
      await page.getByRole('heading', { name: 'Printing fine' }).waitFor()
      cloud.setReachable(false)
      await page.getByText(/^No connection\. Last known/).waitFor()
      await page.getByRole('heading', { name: 'Last known: Printing fine' }).waitFor()
      await page.getByText('Nothing can be sent').waitFor()
      assert.equal(await page.getByRole('button', { name: /^Pause/ }).count(), 0)
      await context.setOffline(true)
      await page.reload().catch(() => undefined)
      await page.getByRole('heading', { name: 'Last known: Printing fine' }).waitFor()
      await context.setOffline(false)
      cloud.setReachable(true)
      await page.getByRole('button', { name: /^Pause/ }).waitFor()
      await page.getByRole('heading', { name: /^Printing fine/ }).waitFor()
    }))

  test('a device appears by itself once the command ran', () =>
    onStage(async ({ page, cloud, world, shop }) => {
      await page.goto(`${cloud.url}/devices/add`)
      await page.getByText('K7M2-4QXR', { exact: true }).waitFor()
      await page.getByText('Waiting for the device').waitFor()
      const [pairing] = [...world.pairings.values()]
      assert.ok(pairing)
      const change = { ...pairing, status: 'paired' as const, deviceId: shop.garage.device.id }
      for (const tell of world.listeners) tell({ type: 'pairing', pairing: change })
      await page.getByText('4 printers found').waitFor()
    }))

  test('hostile names are text on one line', () =>
    onStage(async ({ page, cloud, world, shop }) => {
      const name = '<img src=x onerror="document.title=1">\u202Eevil'
      const { print } = shop.garage
      changePrinter(world, shop.garage.id, {
        name,
        ...(print && { print: { ...print, job: '🧨'.repeat(5000) } }),
      })
      for (const address of ['/', `/printers/${shop.garage.id}`, '/history']) {
        await page.goto(`${cloud.url}${address}`)
        await page.getByText('<img src=x').first().waitFor()
        const width = z.number().parse(await page.evaluate('document.documentElement.scrollWidth'))
        assert.ok(width <= 390, `${address} is ${width} wide`)
      }
      assert.equal(await page.title(), 'Layerwatch')
      assert.equal(await page.locator('img[src="x"]').count(), 0)
    }))
})

async function assertEventually(holds: () => Promise<boolean>): Promise<void> {
  const endMs = Date.now() + 4000
  while (Date.now() < endMs) {
    if (await holds()) return
  }
  assert.fail('it did not come about')
}
