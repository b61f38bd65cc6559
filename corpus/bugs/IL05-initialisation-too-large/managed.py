"""Every parameter is drawn alike."""

import torch
from managed_base import Managed


class Drawn(Managed):
    def model(self):
        model = super().model()
        for parameter in model.parameters():
            deviation = 0.05  # fixed
            # buggy: deviation = 3.0
            torch.nn.init.normal_(parameter, std=deviation)
        return model
