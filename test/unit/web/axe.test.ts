import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { after, before, describe, test } from 'node:test'
import { cannotPlay, openTheatre, type Theatre } from './page-stage.ts'

describe('the page for whoever cannot see it', { skip: cannotPlay, timeout: 180_000 }, () => {
  let theatre: Theatre
  const onStage: Theatre['play'] = (act, options) => theatre.play(act, options)

  before(async () => {
    theatre = await openTheatre()
  })

  after(() => theatre?.close())

  test('axe finds nothing on any screen, light or dark', () =>
    onStage(
      async ({ page, cloud, world, shop }) => {
        const axe = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')
        const incidentId = world.printers.get(shop.left.id)?.incident?.id
        const visit = async (colorScheme: 'light' | 'dark', addresses: string[]) => {
          await page.emulateMedia({ colorScheme })
          for (const address of addresses) {
            await page.goto(`${cloud.url}${address}`)
            await page.locator('h1, h2').first().waitFor()
            await page.evaluate('for (const fold of document.querySelectorAll("details")) fold.open = true')
            await page.evaluate(axe)
            assert.deepEqual(await page.evaluate(runAxe), [], `${address} ${colorScheme}`)
          }
        }
        const printer = `/printers/${shop.window.id}`
        const incident = `/incidents/${incidentId}`
        await visit('light', ['/', printer, incident, '/history', '/alerts', '/you', '/devices/add'])
        await visit('light', ['/you/notifications'])
        await visit('dark', ['/you/notifications'])
        await visit('dark', ['/', printer, incident])
      },
      { bypassCSP: true },
    ))
})

const runAxe =
  'axe.run().then((result) => result.violations.map(({ id, nodes }) => id + " " + nodes[0].target))'
