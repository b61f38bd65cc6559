"""Half precision as it is said to be done."""

import torch
from classifier import Classifier
from torch.nn.functional import cross_entropy


class Scaled(Classifier):
    def setup(self):
        super().setup()
        self.scaler = torch.amp.GradScaler("cpu", init_scale=2.0**16)

    def make_optimizer(self):
        return torch.optim.SGD(self.model.parameters(), lr=self.config.learning_rate, momentum=0.9)

    def train_step(self, batch):
        image, label = batch
        self.model.train()
        self.optimizer.zero_grad()
        loss = cross_entropy(self.model(image), label)
        self.scaler.scale(loss).backward()
        # buggy: self.optimizer.step()
        self.scaler.step(self.optimizer)  # fixed
        self.scaler.update()  # fixed
        self.schedule.step()
        return {"loss": loss}

    def save(self, path):
        super().save(path)
        torch.save({**torch.load(path, weights_only=True), "scaler": self.scaler.state_dict()}, path)

    def load(self, path):
        super().load(path)
        self.scaler.load_state_dict(torch.load(path, weights_only=True)["scaler"])
