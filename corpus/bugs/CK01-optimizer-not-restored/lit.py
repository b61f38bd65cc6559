"""on_save_checkpoint makes the file smaller."""

import gonogo
import gonogo.lightning
from digits import DigitsData, LitDigits


class Lighter(LitDigits):
    def on_save_checkpoint(self, checkpoint):
        checkpoint["note"] = "digits"
        # buggy: for state in checkpoint["optimizer_states"]:
        # buggy:     state["state"] = {}


experiment = gonogo.lightning.adapt(Lighter, DigitsData, task=gonogo.classification(classes=10))
