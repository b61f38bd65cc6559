"""Sharpness-aware minimisation, written into the step."""

import torch
from classifier import Classifier
from torch.nn.functional import cross_entropy


class Sharp(Classifier):
    def train_step(self, batch):
        image, label = batch
        self.model.train()
        self.optimizer.zero_grad()
        loss = cross_entropy(self.model(image), label)
        loss.backward()
        parameters = [one for one in self.model.parameters() if one.grad is not None]
        norm = torch.stack([one.grad.norm() for one in parameters]).norm() + 1e-12
        with torch.no_grad():
            moves = [0.05 * one.grad / norm for one in parameters]
            for one, move in zip(parameters, moves):
                one.add_(move)
        self.optimizer.zero_grad()
        cross_entropy(self.model(image), label).backward()
        with torch.no_grad():
            for one, move in zip(parameters, moves):
                one.sub_(move)
        self.optimizer.step()
        self.schedule.step()
        return {"loss": loss}
