import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { z } from 'zod'
import { cannotPlay, openTheatre, type Theatre } from './page-stage.ts'

describe('the page on a screen of any scale', { skip: cannotPlay, timeout: 180_000 }, () => {
  let theatre: Theatre
  const onStage: Theatre['play'] = (act, options) => theatre.play(act, options)

  before(async () => {
    theatre = await openTheatre()
  })

  after(() => theatre?.close())

  for (const pixelRatio of [1.1, 1.25, 1.4, 2.625]) {
    test(`at ${pixelRatio} pixels of the screen to one of the page, nothing grows by being drawn`, () =>
      onStage(
        async ({ page, cloud, shop }) => {
          for (const path of ['/', `/printers/${shop.garage.id}`, '/history']) {
            await page.goto(`${cloud.url}${path}`)
            await page.locator('.strip-canvas').first().waitFor()
            const [early, late] = z.tuple([z.string(), z.string()]).parse(await page.evaluate(stripsOverTime))
            assert.equal(late, early, path)
          }
        },
        { pixelRatio },
      ))
  }
})

/** In the page: the heights of all strips after 10 and after 70 drawn frames. */
const stripsOverTime = `(async () => {
  const frames = async (count) => {
    for (let i = 0; i < count; i++) await new Promise(requestAnimationFrame)
    return [...document.querySelectorAll('.strip-canvas')].map((strip) => strip.clientHeight).join(' ')
  }
  return [await frames(10), await frames(60)]
})()`
