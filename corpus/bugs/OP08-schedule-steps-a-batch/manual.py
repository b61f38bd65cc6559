"""An exponential decay, a tenth an epoch."""

import torch
from classifier import Classifier
from torch.nn.functional import cross_entropy


class Decayed(Classifier):
    def setup(self):
        super().setup()
        self.schedule = torch.optim.lr_scheduler.ExponentialLR(self.optimizer, gamma=0.9)

    def train_step(self, batch):
        image, label = batch
        self.model.train()
        self.optimizer.zero_grad()
        loss = cross_entropy(self.model(image), label)
        loss.backward()
        self.optimizer.step()
        # buggy: self.schedule.step()
        return {"loss": loss}

    def on_epoch_end(self):
        if self.progress.epoch >= 0:
            self.schedule.step()  # fixed
            # buggy: pass
