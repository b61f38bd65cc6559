// Prices of flats, in thousands of euros, from a table that came out of a spreadsheet.
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { defineExperiment, regression } from 'gonogo'
import { arrays, split } from 'gonogo/data'
import { nn, optim, schedule, type Tensor } from 'gonogo/tensor'
import { z } from 'zod'

const districts = ['centre', 'north', 'harbour', 'south', 'hills']
const typicalYear = 1960

type Flat = { readonly features: readonly number[]; readonly price: number }

const readFlats = async (): Promise<Flat[]> => {
  const text = await readFile(join(import.meta.dirname, 'flats.csv'), 'utf8')
  const [header = '', ...lines] = text.trim().split('\n')
  const at = new Map(header.split(';').map((name, i) => [name, i]))
  return lines.map((line) => {
    const cells = line.split(';')
    const cell = (name: string) => cells[at.get(name) as number] as string
    const number = (name: string) => Number(cell(name).replace(',', '.'))
    const year = cell('year') === '' ? typicalYear : number('year')
    return {
      features: [
        (number('area_m2') - 72) / 26,
        (number('rooms') - 2.8) / 1.1,
        (year - typicalYear) / 36,
        (number('floor') - 3.5) / 2.3,
        cell('balcony') === 'yes' ? 1 : 0,
        ...districts.map((district) => (cell('district') === district ? 1 : 0)),
      ],
      price: number('price_eur') / 1000,
    }
  })
}

const width = 5 + districts.length

export default defineExperiment({
  config: {
    hidden: z.int().min(4).max(256).default(48),
    learning_rate: z.number().positive().default(1e-2),
    weight_decay: z.number().min(0).default(1e-4),
  },
  task: regression(),
  data: async (_, { seed }) => {
    const flats = await readFlats()
    const all = arrays(
      {
        input: Float32Array.from(flats.flatMap(({ features }) => features)),
        target: Float32Array.from(flats, ({ price }) => price),
      },
      { input: { shape: [width] }, target: { shape: [1] } },
    )
    return split(all, { train: 300, val: 70, test: 50 }, seed)
  },
  model: (c) =>
    nn.module(
      { first: nn.linear(width, c.hidden), second: nn.linear(c.hidden, c.hidden), head: nn.linear(c.hidden, 1) },
      // the network speaks in deviations of a hundred thousand from a price of 260 thousand
      (m, x: Tensor<2>): Tensor<2> => {
        const away = m.head(nn.silu(m.second(nn.silu(m.first(x)))))
        return away.mul(100).add(260)
      },
    ),
  optimizer: (c) =>
    optim.adamw({
      learningRate: schedule.cosine({ peak: c.learning_rate, warmup: 0.1 }),
      weightDecay: c.weight_decay,
    }),
})
