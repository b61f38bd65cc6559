"""Mixup within the batch."""

import torch
from classifier import Classifier
from torch.nn.functional import cross_entropy


class Mixup(Classifier):
    def train_step(self, batch):
        image, label = batch
        self.model.train()
        self.optimizer.zero_grad()
        share = float(torch.distributions.Beta(0.4, 0.4).sample())
        other = torch.randperm(len(label))
        logits = self.model(share * image + (1 - share) * image[other])
        loss = share * cross_entropy(logits, label) + (1 - share) * cross_entropy(logits, label[other])
        loss.backward()
        self.optimizer.step()
        self.schedule.step()
        return {"loss": loss}
