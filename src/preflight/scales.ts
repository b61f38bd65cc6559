// Are two splits, channel by channel, the same data in two scales? Pure arithmetic on surveys; D5 words what is found.
//
// The unit is never the number of samples alone: with enough of them any two splits differ. A channel is off where its scale is
// twice, or half, that of training, or its mean three of training's deviations away, and sampling cannot explain it: six
// standard errors, from how a sample's own mean and mean square vary from sample to sample (values within one are not
// independent). A missing or doubled normalisation is the same affine map for every sample, so the shape stays: after each split
// is standardised by itself, its smallest and largest values agree.
import type { Survey } from '../contract/index.ts'

export type Channel = Survey['channels'][number]
export type Apart = {
  /** validation's deviation by training's. */
  readonly ratio: number
  /** Distance of the means, in training's deviations. */
  readonly shift: number
  readonly off: boolean
  readonly alike: boolean
}

export type Counts = { readonly train: number; readonly val: number }

export const apartOf = (train: Channel, val: Channel, samples: Counts): Apart => {
  const ratio = train.std > 0 ? val.std / train.std : val.std > 0 ? Number.POSITIVE_INFINITY : 1
  const distance = Math.abs(val.mean - train.mean)
  const shift = distance === 0 ? 0 : distance / train.std
  // the larger spread counts for both: a rare feature may be missing altogether in the smaller split
  const error = Math.sqrt(1 / samples.train + 1 / samples.val)
  const means = Math.max(meanSpread(train), meanSpread(val)) * error
  const variances = Math.max(varianceSpread(train), varianceSpread(val)) * error
  const scaled = (ratio > 2 || ratio < 0.5) && Math.abs(val.std ** 2 - train.std ** 2) > 6 * variances
  const moved = shift > 3 && distance > 6 * means
  return { ratio, shift, off: scaled || moved, alike: sameShape(train, val) }
}

const meanSpread = ({ meanSpread: spread, std }: Channel): number => spread ?? std

/** Deviation, from sample to sample, of what a sample adds to the variance: its mean square, less its share of the mean's. */
const varianceSpread = (channel: Channel): number =>
  Math.hypot(channel.squareSpread ?? 2 * channel.std ** 2, 2 * channel.mean * meanSpread(channel))

/** Ends of the range in deviations from the mean: a third more or less, as extremes of few samples vary. */
const sameShape = (a: Channel, b: Channel): boolean => {
  const ends = ({ min, max, mean, std }: Channel) => [(min - mean) / std, (max - mean) / std] as const
  const [low, high] = ends(a)
  const [otherLow, otherHigh] = ends(b)
  const near = (x: number, y: number) => Math.abs(x - y) <= 0.35 * Math.max(Math.abs(x), Math.abs(y))
  return near(low, otherLow) && near(high, otherHigh)
}

/** All changed their scale by the same factor, within a half: features that were never normalised have scales of their own. */
export const changeAsOne = (all: readonly Pick<Apart, 'ratio'>[]): boolean => {
  const ratios = all.map(({ ratio }) => ratio)
  return Math.max(...ratios) < 1.5 * Math.min(...ratios)
}

/** Values of a picture as it is read: 0 to 1, or 0 to 255. */
export const isPixels = (channels: readonly Channel[]): boolean => {
  const low = Math.min(...channels.map(({ min }) => min))
  const high = Math.max(...channels.map(({ max }) => max))
  return low >= 0 && low <= 0.1 * high && ((high > 0.5 && high <= 1) || (high > 128 && high <= 255))
}

/** Mean 0 and deviation 1, within a tenth and a sixth. */
export const isStandard = (channels: readonly Channel[]): boolean =>
  channels.length > 0 && channels.every(({ mean, std }) => Math.abs(mean) < 0.1 && std > 0.85 && std < 1.15)

/**
 * Mean 0 and deviation 1 to a thousandth of what chance leaves a part of the data: validation was divided by statistics of its own. Not
 * where all channels have the same two ends in both splits (what is balanced by design has mean 0, too), nor where samples were each
 * normalised by themselves: their means do not differ.
 */
export const hasOwnStatistics = (train: readonly Channel[], val: readonly Channel[], samples: number): boolean => {
  const moving = val.flatMap((channel, i) => (channel.std > 0 && train[i] ? [{ channel, own: train[i] }] : []))
  // by n or by n − 1: both are in use
  const exact = (variance: number) =>
    Math.abs(variance - 1) < 1e-4 || Math.abs((variance * samples) / (samples - 1) - 1) < 1e-4
  return (
    moving.some(({ channel, own }) => far(own.min, channel.min) || far(own.max, channel.max)) &&
    moving.every(
      ({ channel }) =>
        Math.abs(channel.mean) < 1e-4 && exact(channel.std ** 2) && meanSpread(channel) / Math.sqrt(samples) > 2e-3,
    )
  )
}

const far = (a: number, b: number): boolean => Math.abs(a - b) > 1e-4

/**
 * (x − m)/s applied twice to values that lay in 0 … 1, with m and s their own mean and deviation, leaves two equalities:
 * the deviation is 1/s where the range is 1/s², and the mean in the range is m, which the smallest value tells. The deviation may
 * be 8 % off and the mean 0.04, as constants of a whole data set are for a part of it.
 */
export const isStandardisedTwice = ({ mean, std, min, max }: Channel): boolean => {
  const range = max - min
  if (!(std > 1.5) || !(min < 0)) return false
  const own = 1 / Math.sqrt(range)
  const centre = -min / (1 / (own * own) + 1 / own)
  return Math.abs(std * own - 1) <= 0.08 && Math.abs((mean - min) * own * own - centre) <= 0.04
}

/** Bytes divided by 255 twice: whole numbers again when multiplied back, and none above 1/255. */
export const isDividedTwice = ({ min, max, std }: Channel): boolean =>
  min >= 0 && std > 0 && max <= 1.0001 / 255 && max > 0.25 / 255 && isWhole(max * 255 * 255) && isWhole(min * 255 * 255)

const isWhole = (value: number): boolean => Math.abs(value - Math.round(value)) <= 1e-3
