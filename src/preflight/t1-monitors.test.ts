import { expect, test } from 'vitest'
import { contrary, differing, isReversed } from './t1-monitors.ts'

const watching = (role: 'keeper' | 'stopper', metric: string | null) => ({
  role,
  kind: role === 'keeper' ? 'ModelCheckpoint' : 'EarlyStopping',
  metric,
  direction: 'min' as const,
})

test('a name that has a sense is not to be turned round; one that has none may be either', () => {
  const said = (metric: string, direction: 'min' | 'max') => isReversed({ metric, direction })
  for (const name of ['val_loss', 'eval_loss', 'val/loss', 'val_error_rate', 'valid_perplexity', 'val_loss_epoch'])
    expect([said(name, 'max'), said(name, 'min')], name).toEqual([true, false])
  for (const name of ['val_acc', 'val_accuracy', 'eval_f1', 'Val_AUROC'])
    expect([said(name, 'max'), said(name, 'min')], name).toEqual([false, true])
  // a loss of its own name, a reward, a margin: who knows
  for (const name of ['val_reward', 'val_gap', 'val_loss_gap', 'score'])
    expect([said(name, 'max'), said(name, 'min')], name).toEqual([false, false])
})

test('a stopper whose metric no keeper keeps by', () => {
  expect(differing([watching('keeper', 'val_acc'), watching('stopper', 'val_loss')])).toContain('val_acc')
  expect(differing([watching('keeper', 'val_loss'), watching('stopper', 'val_loss')])).toBeNull()
  // several keepers, one of them in step with the stopper
  const both = [watching('keeper', 'val_acc'), watching('keeper', 'val_loss'), watching('stopper', 'val_loss')]
  expect(differing(both)).toBeNull()
  expect(differing([watching('stopper', 'val_loss')])).toBeNull()
  expect(differing([watching('keeper', null), watching('stopper', 'val_loss')])).toBeNull()
})

test('what watches the objective’s own metric in the other direction', () => {
  const stopper = watching('stopper', 'val_pck')
  expect(contrary([stopper], { name: 'val_pck', direction: 'max' })).toBe(stopper)
  expect(contrary([stopper], { name: 'val_pck', direction: 'min' })).toBeNull()
  expect(contrary([stopper], { name: 'val_loss', direction: 'max' })).toBeNull()
  expect(contrary([{ ...stopper, role: 'own' }], { name: 'val_pck', direction: 'max' })).toBeNull()
  expect(contrary([{ ...stopper, direction: null }], { name: 'val_pck', direction: 'max' })).toBeNull()
})
