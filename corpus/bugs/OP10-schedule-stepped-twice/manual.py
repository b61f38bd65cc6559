"""A cosine over the run."""

import torch
from classifier import Classifier
from torch.nn.functional import cross_entropy


class Cosine(Classifier):
    def setup(self):
        super().setup()
        self.schedule = torch.optim.lr_scheduler.CosineAnnealingLR(self.optimizer, self.steps)

    def update(self):
        self.optimizer.step()
        self.schedule.step()

    def train_step(self, batch):
        image, label = batch
        self.model.train()
        self.optimizer.zero_grad()
        loss = cross_entropy(self.model(image), label)
        loss.backward()
        self.update()
        # buggy: self.schedule.step()
        return {"loss": loss}
