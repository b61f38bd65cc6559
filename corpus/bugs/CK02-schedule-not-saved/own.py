"""A warm-up by hand, as nanoGPT has it: the rate of a step is a function of a counter."""

import math

import torch
from classifier import Classifier


class ByHand(Classifier):
    def setup(self):
        super().setup()
        self.iteration = 0

    def rate(self):
        warmup = max(1, self.steps // 5)
        if self.iteration < warmup:
            return self.config.learning_rate * (self.iteration + 1) / warmup
        done = (self.iteration - warmup) / max(1, self.steps - warmup)
        return 0.5 * self.config.learning_rate * (1 + math.cos(math.pi * min(1, done)))

    def train_step(self, batch):
        for group in self.optimizer.param_groups:
            group["lr"] = self.rate()
        image, label = batch
        self.model.train()
        self.optimizer.zero_grad()
        loss = torch.nn.functional.cross_entropy(self.model(image), label)
        loss.backward()
        self.optimizer.step()
        self.iteration += 1
        return {"loss": loss}

    def save(self, path):
        state = {"model": self.model.state_dict(), "optimizer": self.optimizer.state_dict(), "progress": self.progress.state_dict()}
        state["iteration"] = self.iteration  # fixed
        torch.save(state, path)

    def load(self, path):
        state = torch.load(path, weights_only=True)
        self.model.load_state_dict(state["model"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.iteration = state["iteration"]  # fixed
        self.progress.load_state_dict(state["progress"])
