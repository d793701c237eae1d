import { type ActDone, ActRequest, type ActView } from '@layerwatch/shared/notify.ts'
import type { FastifyInstance } from 'fastify'
import { type ActRefusal, lookAtAct, performAct } from '../notify/acts.ts'
import { refuse } from './commands.ts'
import type { Context } from './context.ts'
import { ApiRefusal } from './problem.ts'

/**
 * `POST /api/acts/look` and `POST /api/acts`: what a notification lets its reader do, without a session. The signed
 * token in the body is all that is proved, so a link alone, or a program that follows links, does nothing.
 */
export function addActRoutes(app: FastifyInstance, context: Pick<Context, 'acts'>): void {
  const { acts } = context

  app.post('/api/acts/look', async (request): Promise<ActView> => {
    const { token } = ActRequest.parse(request.body)
    const looked = await lookAtAct(acts, token)
    if ('refusal' in looked) throw refuseAct(looked.refusal)
    return looked.view
  })

  app.post('/api/acts', async (request): Promise<ActDone> => {
    const { token } = ActRequest.parse(request.body)
    const acted = await performAct(acts, token)
    if ('refusal' in acted) throw refuseAct(acted.refusal)
    return acted
  })
}

function refuseAct(refusal: ActRefusal): ApiRefusal {
  if (refusal === 'unknown-act')
    return new ApiRefusal(404, refusal, 'There is nothing to do at this address.')
  if (refusal === 'act-expired') {
    return new ApiRefusal(410, refusal, 'This was good for 15 minutes and is over. The app can do it.')
  }
  if (refusal === 'not-allowed')
    return new ApiRefusal(403, refusal, 'You can watch this printer, not move it.')
  return refuse(refusal)
}
