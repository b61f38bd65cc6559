"""load() rebuilds the optimizer before it fills it."""

import torch
from classifier import Classifier


class Rebuilt(Classifier):
    def load(self, path):
        state = torch.load(path, weights_only=True)
        self.model.load_state_dict(state["model"])
        # buggy: self.optimizer = self.make_optimizer()
        self.optimizer.load_state_dict(state["optimizer"])
        self.schedule.load_state_dict(state["schedule"])
        self.progress.load_state_dict(state["progress"])
