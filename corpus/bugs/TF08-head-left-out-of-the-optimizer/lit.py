"""Two groups with rates of their own."""

import gonogo
import gonogo.lightning
import torch
from digits import DigitsData, LitDigits


class TwoRates(LitDigits):
    def split_parameters(self):
        *body, head = self.net.children()
        return [p for layer in body for p in layer.parameters()], list(head.parameters())

    def configure_optimizers(self):
        body, head = self.split_parameters()
        groups = [{"params": body, "lr": self.hparams.lr}]
        groups += [{"params": head, "lr": 0.3 * self.hparams.lr}]  # fixed
        return torch.optim.AdamW(groups)


experiment = gonogo.lightning.adapt(TwoRates, DigitsData, task=gonogo.classification(classes=10))
