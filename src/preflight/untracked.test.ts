import { expect, test } from 'vitest'
import { withoutStatistics } from './untracked.ts'

const tensor = (name: string) => ({
  name,
  kind: 'buffer' as const,
  shape: [4],
  dtype: 'float32',
  trainable: false,
  frozen: false,
  tiedTo: null,
  optimizers: [],
  where: null,
})
const norm = (name: string) => ({ name, kind: 'BatchNorm2d', traits: ['couplesBatch' as const] })

test('batch norm without a running mean of its own; compiled or not', () => {
  const tensors = [tensor('bn1.running_mean'), tensor('bn2.weight'), tensor('bn3.running_mean')]
  expect(withoutStatistics({ tensors, modules: [norm('bn1'), norm('bn2'), norm('_orig_mod.bn3')] })).toEqual(['bn2'])
  expect(withoutStatistics({ tensors, modules: [{ name: 'lstm', kind: 'LSTM', traits: ['recurrent'] }] })).toEqual([])
})
