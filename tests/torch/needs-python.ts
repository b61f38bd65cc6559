// Before any of the PyTorch half: there is a Python to test with. A suite that skipped itself would pass for having tested.
// Not the making of it: scripts/torch-env.ts.
export default (): void => {
  if (!process.env.GONOGO_TEST_PYTHON) throw new Error('GONOGO_TEST_PYTHON is not set: npm run test:torch sets it')
}
