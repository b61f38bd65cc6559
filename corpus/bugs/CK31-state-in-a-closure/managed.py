"""The loss is divided by its running mean."""

import torch
from managed_base import Managed
from torch import nn
from torch.nn.functional import cross_entropy


def normaliser():
    mean = 1.0

    def normalised(loss):
        nonlocal mean
        mean = 0.5 * mean + 0.5 * float(loss.detach())
        return loss / mean

    return normalised


class Scaled(Managed):
    scale = staticmethod(normaliser())

    def model(self):
        model = super().model()
        model.register_buffer("mean_loss", torch.ones(()))
        return model

    def loss(self, batch):
        image, label = batch
        loss = cross_entropy(self.model(image), label)
        if not self.model.training:
            return loss
        # buggy: return type(self).scale(loss)
        self.model.mean_loss.lerp_(loss.detach(), 0.5)  # fixed
        return loss / self.model.mean_loss.clone()  # fixed
