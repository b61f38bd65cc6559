"""Smoothed targets."""

import gonogo
from classifier import CLASSES
from managed_base import Managed


class Smoothed(Managed):
    task = gonogo.classification(classes=CLASSES, smoothing=0.1)
