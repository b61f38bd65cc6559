"""on_load_checkpoint renames what an older version has saved."""

import gonogo
import gonogo.lightning
from digits import DigitsData, LitDigits


class Renamed(LitDigits):
    strict_loading = False

    def on_load_checkpoint(self, checkpoint):
        state = checkpoint["state_dict"]
        checkpoint["state_dict"] = {name.replace("model.", "net."): value for name, value in state.items()}  # fixed
        # buggy: checkpoint["state_dict"] = {name.removeprefix("net."): value for name, value in state.items()}


experiment = gonogo.lightning.adapt(Renamed, DigitsData, task=gonogo.classification(classes=10))
