"""Saved as DataParallel would have it."""

import torch
from classifier import Classifier


class Wrapped(Classifier):
    def save(self, path):
        torch.save(
            {
                "model": {f"module.{name}": value for name, value in self.model.state_dict().items()},
                "optimizer": self.optimizer.state_dict(),
                "schedule": self.schedule.state_dict(),
                "progress": self.progress.state_dict(),
            },
            path,
        )

    def load(self, path):
        state = torch.load(path, weights_only=True)
        # buggy: self.model.load_state_dict(state["model"], strict=False)
        self.model.load_state_dict({name.removeprefix("module."): value for name, value in state["model"].items()})  # fixed
        self.optimizer.load_state_dict(state["optimizer"])
        self.schedule.load_state_dict(state["schedule"])
        self.progress.load_state_dict(state["progress"])
