import assert from 'node:assert/strict'
import { test } from 'node:test'
import { changePrinter } from '../../../cloud/web/dev/world.ts'
import { cannotPlay, openTheatre } from './page-stage.ts'

const limits = ['Can only watch, because there is no link to the printer.']

test('a printer that can only be watched says why, and offers no button', {
  skip: cannotPlay,
  timeout: 180_000,
}, async (t) => {
  const theatre = await openTheatre()
  t.after(() => theatre.close())
  await theatre.play(async ({ page, cloud, world, shop }) => {
    changePrinter(world, shop.garage.id, { actions: [], limits })
    await page.goto(`${cloud.url}/printers/${shop.garage.id}`)
    await page.getByText('Can only watch, because there is no link to the printer.').waitFor()
    await page.getByText('This printer takes no commands').waitFor()
    assert.equal(await page.getByRole('button', { name: /^(Pause|Stop)/ }).count(), 0)
  })
})
