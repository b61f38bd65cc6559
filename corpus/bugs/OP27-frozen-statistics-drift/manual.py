"""A frozen backbone under a head that trains."""

import torch
from classifier import Classifier
from torch.nn.functional import cross_entropy


class HeadOnly(Classifier):
    frozen = ("conv*", "bn*")

    def build(self):
        model = super().build()
        for name, parameter in model.named_parameters():
            parameter.requires_grad = name.startswith("head")
        return model

    def make_optimizer(self):
        return torch.optim.AdamW(self.model.head.parameters(), lr=self.config.learning_rate)

    def train_step(self, batch):
        image, label = batch
        self.model.train()
        self.model.bn1.eval()  # fixed
        self.model.bn2.eval()  # fixed
        self.optimizer.zero_grad()
        loss = cross_entropy(self.model(image), label)
        loss.backward()
        self.optimizer.step()
        self.schedule.step()
        return {"loss": loss}
