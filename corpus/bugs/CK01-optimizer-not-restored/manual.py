"""A classifier with its own checkpoint."""

import torch
from classifier import Classifier


class Resumed(Classifier):
    def load(self, path):
        state = torch.load(path, weights_only=True)
        self.model.load_state_dict(state["model"])
        self.optimizer.load_state_dict(state["optimizer"])  # fixed
        self.schedule.load_state_dict(state["schedule"])
        self.progress.load_state_dict(state["progress"])
