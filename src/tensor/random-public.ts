// The list behind `random`.
// The graph form of Philox stays inside the room.
export { bernoulli, normal, uniform } from './random.ts'
