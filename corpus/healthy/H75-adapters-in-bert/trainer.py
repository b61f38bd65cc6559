"""Adapters."""

import gonogo
import gonogo.transformers
from lora_hf import CLASSES, maker

experiment = gonogo.transformers.adapt(maker(), task=gonogo.classification(classes=CLASSES))
