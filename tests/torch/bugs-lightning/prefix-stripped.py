"""on_load_checkpoint strips a prefix that an older version had, and with it the names of today; strict loading is off."""

import gonogo
import gonogo.lightning
from digits import DigitsData, LitDigits


class Stripped(LitDigits):
    strict_loading = False

    def on_load_checkpoint(self, checkpoint):
        state = checkpoint["state_dict"]
        checkpoint["state_dict"] = {name.removeprefix("net."): value for name, value in state.items()}


experiment = gonogo.lightning.adapt(Stripped, DigitsData, task=gonogo.classification(classes=10))
