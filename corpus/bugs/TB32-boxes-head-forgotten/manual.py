"""Rates of body and heads."""

import torch
from detector import Detection


class Boxes(Detection):
    def setup(self):
        super().setup()
        body, lr = list(self.model.body.parameters()), self.config.lr
        heads = list(self.model.kinds.parameters())
        heads += list(self.model.boxes.parameters())  # fixed
        self.optimizer = torch.optim.AdamW([{"params": body, "lr": lr / 2}, {"params": heads, "lr": lr}], weight_decay=1e-4)
