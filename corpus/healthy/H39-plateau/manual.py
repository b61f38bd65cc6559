"""ReduceLROnPlateau, and objects beside the weights."""

import argparse

import numpy as np
import torch
from classifier import Classifier
from torch.nn.functional import cross_entropy


class Plateau(Classifier):
    def setup(self):
        super().setup()
        self.schedule = torch.optim.lr_scheduler.ReduceLROnPlateau(self.optimizer, patience=5)

    def train_step(self, batch):
        image, label = batch
        self.model.train()
        self.optimizer.zero_grad()
        loss = cross_entropy(self.model(image), label)
        loss.backward()
        self.optimizer.step()
        return {"loss": loss}

    @torch.no_grad()
    def evaluate(self, loader):
        found = super().evaluate(loader)
        self.schedule.step(found["val_loss"])
        return found

    def save(self, path):
        super().save(path)
        state = torch.load(path, weights_only=True)
        torch.save({**state, "arguments": argparse.Namespace(width=8), "numpy": np.random.get_state()}, path)

    def load(self, path):
        state = torch.load(path, weights_only=False)
        self.model.load_state_dict(state["model"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.schedule.load_state_dict(state["schedule"])
        self.progress.load_state_dict(state["progress"])
