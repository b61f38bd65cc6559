"""A moving average of the weights is validated, and lives outside state_dict: after a resume it starts again."""

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


experiment = gonogo.lightning.adapt(Averaged, DigitsData, task=gonogo.classification(classes=10))
