"""A loss scale that is far too large at first, and halves itself until gradients are finite."""

import torch
from classifier import Classifier
from torch.nn.functional import cross_entropy


class Scaled(Classifier):
    def setup(self):
        super().setup()
        self.scaler = torch.amp.GradScaler("cpu", init_scale=2.0**127, growth_interval=1000)

    def train_step(self, batch):
        image, label = batch
        self.model.train()
        self.optimizer.zero_grad()
        loss = cross_entropy(self.model(image), label)
        self.scaler.scale(loss).backward()
        self.scaler.unscale_(self.optimizer)
        torch.nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
        self.scaler.step(self.optimizer)
        self.scaler.update()
        self.schedule.step()
        return {"loss": loss}

    def save(self, path):
        super().save(path)
        torch.save({**torch.load(path, weights_only=True), "scaler": self.scaler.state_dict()}, path)

    def load(self, path):
        super().load(path)
        self.scaler.load_state_dict(torch.load(path, weights_only=True)["scaler"])
