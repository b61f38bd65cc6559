"""A linear probe on a random backbone."""

import torch
from classifier import Classifier
from torch.nn.functional import cross_entropy


class Probe(Classifier):
    frozen = ("conv*", "bn*")

    def build(self):
        model = super().build()
        for name, parameter in model.named_parameters():
            parameter.requires_grad_(name.startswith("head"))
        return model

    def make_optimizer(self):
        return torch.optim.AdamW(self.model.head.parameters(), lr=self.config.learning_rate)

    def train_step(self, batch):
        image, label = batch
        self.model.eval()
        self.model.dropout.train()
        self.optimizer.zero_grad()
        with torch.no_grad():
            features = self.model.features(image)
        loss = cross_entropy(self.model.head(self.model.dropout(features)), label)
        loss.backward()
        self.optimizer.step()
        self.schedule.step()
        return {"loss": loss}
