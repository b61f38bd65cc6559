"""Healthy: mixed precision, gradient clipping, two batches a step."""

import gonogo
import gonogo.lightning
from digits import DigitsData, LitDigits

trainer = {"precision": "bf16-mixed", "gradient_clip_val": 1.0, "accumulate_grad_batches": 2}
experiment = gonogo.lightning.adapt(LitDigits, DigitsData, task=gonogo.classification(classes=10), trainer=trainer)
