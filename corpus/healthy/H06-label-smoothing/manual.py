"""Smoothed targets in a step of its own, declared in the task."""

import gonogo
from classifier import CLASSES, Classifier
from torch.nn.functional import cross_entropy


class Smoothed(Classifier):
    task = gonogo.classification(classes=CLASSES, smoothing=0.1)

    def train_step(self, batch):
        image, label = batch
        self.model.train()
        self.optimizer.zero_grad()
        loss = cross_entropy(self.model(image), label, label_smoothing=0.1)
        loss.backward()
        self.optimizer.step()
        self.schedule.step()
        return {"loss": loss}
