"""What gonogo is told of the project: its module, its data, its task, and the arguments of its Trainer.
The project itself is digits.py, and does not change. What its classes take by name are the keys of `config:`."""

import gonogo
import gonogo.lightning
from digits import DigitsData, LitDigits

experiment = gonogo.lightning.adapt(
    LitDigits, DigitsData, task=gonogo.classification(classes=10), trainer={"gradient_clip_val": 1.0}
)
