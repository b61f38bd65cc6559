// The go/no-go checks as unit tests, one test a check.
import { preflight } from 'gonogo/testing'

preflight('mnist.run.yaml', { own: ['own/digits-balanced'] })
