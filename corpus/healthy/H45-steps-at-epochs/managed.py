"""A managed step with a schedule of epochs."""

import torch
from managed_base import Managed


class Steps(Managed):
    schedule_every = "epoch"

    def optimizers(self, model):
        optimizer = torch.optim.SGD(model.parameters(), lr=0.05, momentum=0.9)
        return optimizer, torch.optim.lr_scheduler.ExponentialLR(optimizer, 0.7)

    def on_epoch_end(self):
        self.schedule.step()
