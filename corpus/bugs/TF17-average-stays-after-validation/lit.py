"""A callback keeps a moving average."""

import copy

import gonogo
import gonogo.lightning
import lightning as L
import torch
from digits import DigitsData, LitDigits


class Averages(L.Callback):
    def __init__(self, decay=0.9):
        self.decay, self.average, self.live = decay, None, None

    def on_train_batch_end(self, trainer, module, outputs, batch, batch_idx):
        now = module.net.state_dict()
        if self.average is None:
            self.average = copy.deepcopy(now)
        for name, value in now.items():
            if value.is_floating_point():
                self.average[name].lerp_(value, 1 - self.decay)
            else:
                self.average[name].copy_(value)

    def on_validation_start(self, trainer, module):
        if self.average is not None:
            self.live = copy.deepcopy(module.net.state_dict())
            module.net.load_state_dict(self.average)

    def on_validation_end(self, trainer, module):
        if self.live is not None:
            module.net.load_state_dict(self.live)  # fixed
            self.live = None

    def state_dict(self):
        return {"average": self.average}

    def load_state_dict(self, state):
        self.average = state["average"]


class Averaged(LitDigits):
    def configure_callbacks(self):
        return [Averages()]


experiment = gonogo.lightning.adapt(Averaged, DigitsData, task=gonogo.classification(classes=10))
