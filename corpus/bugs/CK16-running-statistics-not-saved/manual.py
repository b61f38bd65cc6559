"""A classifier with its own checkpoint."""

import torch
from classifier import Classifier


class Saved(Classifier):
    def save(self, path):
        torch.save(
            {
                "model": self.model.state_dict(),  # fixed
                # buggy: "model": {name: parameter.data for name, parameter in self.model.named_parameters()},
                "optimizer": self.optimizer.state_dict(),
                "schedule": self.schedule.state_dict(),
                "progress": self.progress.state_dict(),
            },
            path,
        )

    def load(self, path):
        state = torch.load(path, weights_only=True)
        self.model.load_state_dict(state["model"], strict=False)
        self.optimizer.load_state_dict(state["optimizer"])
        self.schedule.load_state_dict(state["schedule"])
        self.progress.load_state_dict(state["progress"])
