import type { Page } from 'playwright-core'
import { endOtherwise, failPause, pauseItself, seeMoving } from './failing.ts'
import { incidentPath, open, type Shot } from './shot.ts'

/** What follows from a pause that came to nothing, as the timeline of its alarm tells it. */
export const sequelShots: Shot[] = [
  {
    name: 'incident-moving',
    themes: ['light'],
    play: async (stage) => {
      seeMoving(stage.world, stage.world.printers.get(stage.shop.left.id)?.incident?.id ?? '', 140)
      await open(stage, incidentPath(stage))
      await showTimeline(stage.page)
    },
  },
  ...(['incident', 'printer'] as const).map(
    (page): Shot => ({
      name: `${page}-paused-itself`,
      themes: ['light'],
      play: async (stage) => {
        pauseItself(stage.world, stage.world.printers.get(stage.shop.left.id)?.incident?.id ?? '', 140)
        await open(stage, page === 'incident' ? incidentPath(stage) : `/printers/${stage.shop.left.id}`)
      },
    }),
  ),
  {
    name: 'incident-ended-otherwise',
    themes: ['light', 'dark'],
    play: async (stage) => {
      const id = stage.world.printers.get(stage.shop.left.id)?.incident?.id ?? ''
      const incident = stage.world.incidents.get(id)
      if (incident) stage.world.incidents.set(id, { ...incident, timeline: incident.timeline.slice(0, -1) })
      failPause(stage.world, id, 177)
      endOtherwise(stage.world, id, 160)
      await open(stage, incidentPath(stage))
      await showTimeline(stage.page)
    },
  },
]

/** The timeline stands below the fold. */
async function showTimeline(page: Page): Promise<void> {
  await page.locator('.timeline').scrollIntoViewIfNeeded()
  await page.waitForTimeout(200)
}
