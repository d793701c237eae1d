import type { Failure } from './failures.ts'
import type { PrintPlan } from './plan.ts'
import { createPose, type Pose } from './pose.ts'
import { createRandom, mixSeed } from './random.ts'

/** A moment at which the head hits the loose part. */
export type Knock = { segment: number; pose: Pose }

/** Several knocks over the layers after a part comes loose: it slides, and a tall one falls over. */
export function planKnocks(plan: PrintPlan, failures: readonly Failure[], seed: number): Knock[] {
  const tumbled = failures.find((failure) => failure.kind === 'knocked-over')
  if (tumbled) return planTumble(plan, tumbled.layer, seed)
  const random = createRandom(mixSeed('knocks', seed))
  const loose = failures.find((failure) => failure.kind === 'detached')
  if (!loose) return []
  const towards = random.between(0, 2 * Math.PI)
  const isFalling = random.chance(0.7) && isTall(plan, loose.layer)
  const knocks: Knock[] = []
  let [yaw, far] = [0, 0]
  const count = random.whole(3, 6)
  for (let i = 0; i < count; i++) {
    const layer = loose.layer + (i === 0 ? 0 : i * 0.6 + random.next() * 0.6)
    yaw += random.normal() * 0.35
    far = Math.min(48, far + random.between(3, 13))
    const tilt = isFalling && i >= 1 ? Math.PI / 2 : Math.abs(random.normal()) * 0.05
    const sway = towards + random.normal() * 0.25
    const place = { x: Math.cos(sway) * far, y: Math.sin(sway) * far }
    knocks.push({ segment: segmentAtLayer(plan, layer), pose: createPose({ yaw, tilt, towards, ...place }) })
  }
  return knocks
}

/** Whether what is printed by a layer is so tall for its width that it can topple. */
function isTall(plan: PrintPlan, layer: number): boolean {
  let [height, reach] = [0, 1]
  for (const segment of plan.segments) {
    if (segment.layer >= layer) break
    if (!segment.isLaid) continue
    height = Math.max(height, segment.to.z)
    reach = Math.max(reach, Math.hypot(segment.to.x, segment.to.y))
  }
  return height > reach
}

function segmentAtLayer(plan: PrintPlan, layer: number): number {
  const whole = Math.floor(layer)
  const start = plan.segments.findIndex((segment) => segment.layer >= whole)
  const next = plan.segments.findIndex((segment) => segment.layer > whole)
  if (start < 0) return plan.segments.length
  const end = next < 0 ? plan.segments.length : next
  return start + Math.floor((end - start) * (layer - whole))
}

/** One blow lays the whole part on its side, beside where it stood; the head catches it once or twice more. */
function planTumble(plan: PrintPlan, layer: number, seed: number): Knock[] {
  const random = createRandom(mixSeed('tumble', seed))
  const towards = random.between(0, 2 * Math.PI)
  const tilt = Math.PI / 2
  let [yaw, far] = [random.normal() * 0.2, random.between(0, 10)]
  const knocks: Knock[] = []
  for (const at of [0, random.between(0.8, 2.2), random.between(2.5, 5)]) {
    const place = { x: Math.cos(towards) * far, y: Math.sin(towards) * far }
    knocks.push({
      segment: segmentAtLayer(plan, layer + at),
      pose: createPose({ yaw, tilt, towards, ...place }),
    })
    yaw += random.normal() * 0.15
    far += random.between(0, 6)
  }
  return knocks
}
