"""A moving average outside of state_dict, for validation."""

import gonogo
import gonogo.lightning
from digits import DigitsData, LitDigits


class Averaged(LitDigits):
    def setup(self, stage):
        self.ema = {name: value.detach().clone() for name, value in self.net.state_dict().items()}

    def on_train_batch_end(self, outputs, batch, batch_idx):
        for name, value in self.net.state_dict().items():
            if value.is_floating_point():
                self.ema[name].lerp_(value, 0.1)

    def on_save_checkpoint(self, checkpoint):
        checkpoint["classes"] = 10
        checkpoint["ema"] = self.ema  # fixed

    def on_load_checkpoint(self, checkpoint):
        assert checkpoint["classes"] == 10
        self.ema = checkpoint["ema"]  # fixed


experiment = gonogo.lightning.adapt(Averaged, DigitsData, task=gonogo.classification(classes=10))
