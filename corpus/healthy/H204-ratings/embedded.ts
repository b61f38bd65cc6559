// Ratings of films from one to five: a vector and a bias for each person and each film.
import { defineExperiment, regression } from 'gonogo'
import { arrays } from 'gonogo/data'
import { init, nn, optim, schedule, type Tensor } from 'gonogo/tensor'
import { z } from 'zod'
import { generator } from '../../shared/embedded/random.ts'

const [people, films] = [60, 45]
type Rating = { readonly person: number; readonly film: number; readonly stars: number }

const ratings = (): Rating[] => {
  const random = generator(51)
  const taste = Array.from({ length: people }, () => [random.normal(), random.normal(), 0.4 * random.normal()])
  const kind = Array.from({ length: films }, () => [random.normal(), random.normal(), 0.5 * random.normal()])
  const all: Rating[] = []
  for (let person = 0; person < people; person++)
    for (let film = 0; film < films; film++) {
      if (random.uniform() > 0.45) continue
      const [a = 0, b = 0, e = 0] = taste[person] ?? []
      const [c = 0, d = 0, f = 0] = kind[film] ?? []
      const stars = Math.round(3.4 + e + f + 0.5 * (a * c + b * d) + 0.3 * random.normal())
      all.push({ person, film, stars: Math.min(5, Math.max(1, stars)) })
    }
  return random.shuffled(all)
}

const rows = (chosen: readonly Rating[]) =>
  arrays(
    {
      input: Int32Array.from(chosen.flatMap(({ person, film }) => [person, film])),
      target: Float32Array.from(chosen, ({ stars }) => stars),
    },
    { input: { shape: [2] }, target: { shape: [1] } },
  )

export default defineExperiment({
  config: {
    width: z.int().default(8),
    learning_rate: z.number().positive().default(2e-2),
    weight_decay: z.number().min(0).default(0.02),
  },
  task: regression(),
  data: () => {
    const all = ratings()
    const cut = Math.floor(0.85 * all.length)
    return { train: rows(all.slice(0, cut)), val: rows(all.slice(cut)) }
  },
  model: ({ width }) => {
    const table = (count: number, size: number) =>
      nn.module({ weight: nn.param([count, size], { role: 'embedding', init: init.normal(0, 0.1) }) }, (m) => m.weight)
    return nn.module(
      {
        person: nn.embedding(people, width),
        film: nn.embedding(films, width),
        personBias: nn.embedding(people, 1),
        filmBias: nn.embedding(films, 1),
        scale: table(1, 1),
      },
      (m, ids: Tensor<2, 'int32'>): Tensor<2> => {
        const [person, film] = ids.unbind(2, 1)
        const match = m.person(person).mul(m.film(film)).sum(1, { keepdims: true })
        return match
          .mul(m.scale())
          .add(m.personBias(person).add(m.filmBias(film)).mul(0.1))
          .add(3.4)
      },
    )
  },
  optimizer: (c) =>
    optim.adamw({ learningRate: schedule.cosine({ peak: c.learning_rate }), weightDecay: c.weight_decay }),
})
