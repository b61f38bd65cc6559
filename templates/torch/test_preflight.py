"""The go/no-go checks as unit tests, one test a check."""

import gonogo.testing

test_preflight = gonogo.testing.preflight("digits.run.yaml", own=["own/digits-balanced"])
