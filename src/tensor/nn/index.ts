// The list behind `nn`: layers, and what makes modules of them.
// Named exports only; nothing is defined here.
export { flatten, gelu, identity, relu, sigmoid, silu, softmax, softplus, tanh } from './activation.ts'
export { avgPool2d, conv2d, maxPool2d } from './conv.ts'
export { dropout, isTraining } from './dropout.ts'
export { embedding, linear } from './linear.ts'
export { list, module } from './module.ts'
export { batchNorm1d, batchNorm2d, layerNorm } from './norm.ts'
export { param, state } from './param.ts'
export { sequential } from './sequential.ts'
