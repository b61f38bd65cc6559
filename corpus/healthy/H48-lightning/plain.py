"""Digits."""

import gonogo
import gonogo.lightning
from digits import DigitsData, LitDigits

experiment = gonogo.lightning.adapt(LitDigits, DigitsData, task=gonogo.classification(classes=10))
