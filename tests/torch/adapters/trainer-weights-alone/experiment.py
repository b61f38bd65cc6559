"""save_only_model, set to save disk: optimizer and schedule start anew after a resume."""

import sys
from pathlib import Path

import gonogo
import gonogo.transformers

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from hugging import CLASSES, make


experiment = gonogo.transformers.adapt(make(save_only_model=True), task=gonogo.classification(classes=CLASSES))
