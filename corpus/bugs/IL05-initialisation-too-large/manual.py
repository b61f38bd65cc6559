"""An initialisation of its own."""

from classifier import Classifier
from torch import nn


class Initialised(Classifier):
    def build(self):
        model = super().build()
        for module in model.modules():
            if isinstance(module, (nn.Conv2d, nn.Linear)):
                nn.init.kaiming_normal_(module.weight)  # fixed
                # buggy: nn.init.normal_(module.weight)
        return model
