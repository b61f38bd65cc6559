"""Manual optimization."""

import gonogo
import gonogo.lightning
from digits import DigitsData, LitDigits
from torch.nn import functional as F


class Manual(LitDigits):
    def __init__(self, lr: float = 0.01):
        super().__init__(lr=lr)
        self.automatic_optimization = False

    def training_step(self, batch, batch_idx):
        x, y = batch
        optimizer = self.optimizers()
        loss = F.cross_entropy(self(x), y)
        optimizer.zero_grad()  # fixed
        self.manual_backward(loss)
        optimizer.step()


experiment = gonogo.lightning.adapt(Manual, DigitsData, task=gonogo.classification(classes=10))
