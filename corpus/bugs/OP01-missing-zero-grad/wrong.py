"""zero_grad() of the module instead of the optimizer; the head's optimizer is a second one."""

import torch
from classifier import Classifier
from torch.nn.functional import cross_entropy


class TwoOptimizers(Classifier):
    def setup(self):
        super().setup()
        head = set(self.model.head.parameters())
        body = [one for one in self.model.parameters() if one not in head]
        self.optimizer = torch.optim.AdamW(body, lr=self.config.learning_rate)
        self.head_optimizer = torch.optim.SGD(head, lr=0.1)
        self.schedule = torch.optim.lr_scheduler.OneCycleLR(self.optimizer, self.config.learning_rate, self.steps, pct_start=0.2)

    def train_step(self, batch):
        image, label = batch
        self.model.train()
        self.optimizer.zero_grad()
        self.head_optimizer.zero_grad()  # fixed
        loss = cross_entropy(self.model(image), label)
        loss.backward()
        self.optimizer.step()
        self.head_optimizer.step()
        self.schedule.step()
        return {"loss": loss}

    def save(self, path):
        super().save(path)
        torch.save({**torch.load(path, weights_only=True), "head_optimizer": self.head_optimizer.state_dict()}, path)

    def load(self, path):
        super().load(path)
        self.head_optimizer.load_state_dict(torch.load(path, weights_only=True)["head_optimizer"])
