"""A classifier with its own checkpoint."""

import torch
from classifier import Classifier


class Resumed(Classifier):
    def save(self, path):
        state = {"model": self.model.state_dict(), "optimizer": self.optimizer.state_dict(), "progress": self.progress.state_dict()}
        state["schedule"] = self.schedule.state_dict()  # fixed
        torch.save(state, path)

    def load(self, path):
        state = torch.load(path, weights_only=True)
        self.model.load_state_dict(state["model"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.schedule.load_state_dict(state["schedule"])  # fixed
        self.progress.load_state_dict(state["progress"])
