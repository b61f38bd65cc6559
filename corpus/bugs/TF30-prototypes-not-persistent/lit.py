"""Features are pulled to running centres of their class."""

import gonogo
import gonogo.lightning
import torch
from digits import DigitsData, LitDigits
from torch.nn import functional as F


class Centred(LitDigits):
    def __init__(self, width: int = 8, dropout: float = 0.2, lr: float = 0.01, pull: float = 0.05):
        super().__init__(width, dropout, lr)
        self.save_hyperparameters()
        self.register_buffer("centres", torch.zeros(10, 8 * width))  # fixed
        # buggy: self.register_buffer("centres", torch.zeros(10, 8 * width), persistent=False)

    def training_step(self, batch, batch_idx):
        x, y = batch
        features = self.net[:-1](x)
        loss = F.cross_entropy(self.net[-1](features), y) + self.hparams.pull * F.mse_loss(features, self.centres[y])
        with torch.no_grad():
            for label in y.unique():
                self.centres[label].lerp_(features[y == label].mean(0), 0.1)
        return loss


experiment = gonogo.lightning.adapt(Centred, DigitsData, task=gonogo.classification(classes=10))
