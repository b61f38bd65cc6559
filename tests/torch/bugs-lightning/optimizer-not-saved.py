"""on_save_checkpoint drops the optimizer's moments to save space, and on_load_checkpoint puts empty ones in their place."""

import gonogo
import gonogo.lightning
from digits import DigitsData, LitDigits


class Lighter(LitDigits):
    def on_save_checkpoint(self, checkpoint):
        for state in checkpoint["optimizer_states"]:
            state["state"] = {}


experiment = gonogo.lightning.adapt(Lighter, DigitsData, task=gonogo.classification(classes=10))
