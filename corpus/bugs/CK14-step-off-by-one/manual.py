"""A linear decay by hand, from a counter of updates."""

import torch
from classifier import Classifier
from torch.nn.functional import cross_entropy


class Counted(Classifier):
    def setup(self):
        super().setup()
        self.global_step = 0

    def train_step(self, batch):
        for group in self.optimizer.param_groups:
            group["lr"] = self.config.learning_rate * max(0.05, 1 - self.global_step / self.steps)
        image, label = batch
        self.model.train()
        self.optimizer.zero_grad()
        loss = cross_entropy(self.model(image), label)
        loss.backward()
        self.optimizer.step()
        self.global_step += 1
        return {"loss": loss}

    def save(self, path):
        torch.save(
            {
                "model": self.model.state_dict(),
                "optimizer": self.optimizer.state_dict(),
                "global_step": self.global_step,
                "progress": self.progress.state_dict(),
            },
            path,
        )

    def load(self, path):
        state = torch.load(path, weights_only=True)
        self.model.load_state_dict(state["model"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.global_step = state["global_step"]  # fixed
        # buggy: self.global_step = state["global_step"] + 1
        self.progress.load_state_dict(state["progress"])
