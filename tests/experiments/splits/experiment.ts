// Small colour pictures, normalised by the statistics of all of them, cut into train and val; what is wrong with the data is `fault`,
// what is merely odd is `odd`. The model is healthy, unless it mixes its batch.
import { classification, defineExperiment } from 'gonogo'
import { arrays } from 'gonogo/data'
import { F, nn, optim, schedule, type Tensor } from 'gonogo/tensor'
import { z } from 'zod'

const classes = 4
const side = 6
const size = 3 * side * side
const own = { mean: [0.5, 0.5, 0.5], std: [0.2, 0.21, 0.2] }

/** Numbers that look random and are the same in every process. */
const random = (i: number) => {
  const x = Math.sin(12.9898 * (i + 1) + 0.5) * 43758.5453
  return x - Math.floor(x)
}

const faults = [
  'none',
  'nan-input',
  'nan-val',
  'label-beyond',
  'label-from-one',
  'misaligned',
  'all-alike',
  'overlap',
  'same',
  'group',
  'frames',
  'labels-of-the-next',
  'val-not-normalised',
  'val-bytes',
  'val-normalised-twice',
  'normalised-twice',
  'divided-twice',
  'not-normalised',
  'view-mixes',
  'centres-the-batch',
] as const
const odd = [
  'none',
  'few-inputs',
  'blank',
  'small-val',
  'copied-before-split',
  'copied-unevenly',
  'group-is-class',
  'group-within-train',
  'drift',
  'rare',
  'brighter',
  'sorted-splits',
  'missing-filled-in',
  'pixels',
] as const
type Data = { input: Float32Array; label: Int32Array; group: Int32Array }

/** Pixels of 0 … 1 in steps of 1/255: each class has a pattern of its own. */
const pictures = (count: number, seed: number, kind: (typeof odd)[number]): Data => {
  const input = new Float32Array(count * size)
  const label = new Int32Array(count)
  for (let i = 0; i < count; i++) {
    const of = kind === 'sorted-splits' ? Math.floor((classes * i) / count) : Math.floor(classes * random(seed + 7 * i))
    label[i] = of
    for (let at = 0; at < size; at++) {
      const pattern = random(5000 * of + at)
      const noise =
        kind === 'few-inputs' ? Math.round(random(seed + 31 * i)) * random(at) : random(seed + i * size + at)
      const value = kind === 'blank' && i % 5 === 0 ? 0 : 0.5 * pattern + 0.5 * noise ** (kind === 'brighter' ? 1.2 : 1)
      input[i * size + at] = Math.round(255 * value) / 255
    }
  }
  return { input, label, group: Int32Array.from(label, (_, i) => seed + i) }
}

const normalised = (pixels: Float32Array, times = 1): Float32Array => {
  let made = pixels
  for (let time = 0; time < times; time++)
    made = made.map((value, i) => {
      const channel = Math.floor((i % size) / (side * side))
      return (value - (own.mean[channel] ?? 0)) / (own.std[channel] ?? 1)
    })
  return made
}

const chosen = (data: Data, indices: readonly number[]): Data => ({
  input: Float32Array.from(indices.flatMap((i) => [...data.input.subarray(i * size, (i + 1) * size)])),
  label: Int32Array.from(indices, (i) => data.label[i] ?? 0),
  group: Int32Array.from(indices, (i) => data.group[i] ?? 0),
})

const range = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => from + i)

export default defineExperiment({
  config: { fault: z.enum(faults).default('none'), odd: z.enum(odd).default('none') },
  task: classification({ classes }),
  data: ({ fault, odd }) => {
    const all = pictures(480, 1000, odd)
    if (fault === 'group' || odd === 'group-within-train')
      // four pictures of each patient, who has one class
      for (let i = 0; i < all.label.length; i++) {
        all.group[i] = Math.floor(i / 4)
        all.label[i] = Math.floor(i / 4) % classes
      }
    if (odd === 'group-is-class') all.group.set(all.label)
    if (fault === 'frames')
      // six frames of each recording, one step of a pixel's value apart
      for (let i = 0; i < all.label.length; i++) {
        const first = 6 * Math.floor(i / 6)
        all.label[i] = all.label[first] ?? 0
        for (let at = 0; at < size; at++)
          all.input[i * size + at] = (all.input[first * size + at] ?? 0) + (((i + at) % 6) - 3) / 2550
      }
    if (fault === 'labels-of-the-next') all.label = all.label.map((_, i) => all.label[(i + 1) % 480] ?? 0)
    let inside = range(0, 360)
    let outside = range(360, odd === 'small-val' ? 372 : 480)
    if (fault === 'frames')
      [inside, outside] = [range(0, 480).filter((i) => i % 4 > 0), range(0, 480).filter((i) => i % 4 === 0)]
    if (fault === 'overlap') outside = range(300, 420)
    if (fault === 'same') outside = inside
    if (fault === 'group')
      [inside, outside] = [range(0, 480).filter((i) => i % 4 > 0), range(0, 480).filter((i) => i % 4 === 0)]
    if (odd === 'copied-before-split' || odd === 'copied-unevenly') {
      // a rare class copied three times before the split; or a set that holds some inputs twice and some three times
      const times = (i: number) => (odd === 'copied-unevenly' ? [i, i, i].slice(i % 2) : [i, i, i])
      const copied = range(0, 480).flatMap((i) => (all.label[i] === 0 ? times(i) : [i]))
      const shuffled = copied.map((value, i) => [random(90_000 + i), value] as const).sort((a, b) => a[0] - b[0])
      inside = shuffled.slice(0, 500).map(([, value]) => value)
      outside = shuffled.slice(500).map(([, value]) => value)
    }
    const [train, val] = [chosen(all, inside), chosen(all, outside)]
    const scale = (data: Data, part: 'train' | 'val') => {
      const pixels = data.input
      if (fault === 'divided-twice') return pixels.map((value) => value / 255)
      if (fault === 'not-normalised') return pixels.map((value) => 255 * value)
      if (odd === 'pixels') return pixels
      if (fault === 'normalised-twice') return normalised(pixels, 2)
      if (part === 'val' && fault === 'val-not-normalised') return pixels
      if (part === 'val' && fault === 'val-bytes') return pixels.map((value) => 255 * value)
      if (part === 'val' && fault === 'val-normalised-twice') return normalised(pixels, 2)
      if (odd === 'drift')
        return normalised(pixels).map((value) => value * (part === 'val' ? 1.6 : 1) + (part === 'val' ? 0.8 : 0))
      const made = normalised(pixels)
      // a channel that is nearly always empty, and always so in val
      if (odd === 'rare')
        return made.map((_, i) =>
          i % size < side * side ? (part === 'train' && i % 4999 === 0 ? 1 : 0) : (made[i] ?? 0),
        )
      return made
    }
    const [trained, held] = [scale(train, 'train'), scale(val, 'val')]
    if (fault === 'all-alike') trained.fill(0.25)
    if (fault === 'nan-input' || odd === 'missing-filled-in') trained[5 * size + 7] = Number.NaN
    if (fault === 'nan-val') held[9 * size + 2] = Number.NaN
    // sorted by something else than the pictures
    if (fault === 'misaligned')
      train.label.set(train.label.map((_, i) => train.label[(i * 7 + 3) % train.label.length] ?? 0))
    if (fault === 'label-beyond') train.label[11] = classes
    if (fault === 'label-from-one') for (const { label } of [train, val]) label.set(label.map((value) => value + 1))
    const grouped = fault === 'group' || odd === 'group-is-class' || odd === 'group-within-train'
    const made = (input: Float32Array, { label, group }: Data) =>
      arrays(grouped ? { input, label, group } : { input, label }, { input: { shape: [3, side, side] } })
    return { train: made(trained, train), val: made(held, val) }
  },
  model: ({ fault, odd }) =>
    nn.module({ hidden: nn.linear(size, 24), head: nn.linear(24, classes) }, (m, x: Tensor<4>): Tensor<2> => {
      const flat = x.flatten(1)
      // NaN is greater than nothing: what is missing becomes 0
      const filled = odd === 'missing-filled-in' ? F.where(flat.greater(-1e6), flat, 0) : flat
      const rows = flat.shape[0] ?? 1
      const seen = fault === 'view-mixes' ? filled.reshape([size, rows]).transpose(0, 1) : filled
      const y = nn.relu(m.hidden(seen as Tensor<2>))
      if (fault === 'centres-the-batch') return m.head(y.sub(y.mean(0)) as Tensor<2>)
      return m.head(y)
    }),
  optimizer: () => optim.adamw({ learningRate: schedule.constant({ peak: 3e-3 }) }),
})
