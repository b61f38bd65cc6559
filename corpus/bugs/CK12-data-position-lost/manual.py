"""Epoch, step and generator by hand."""

import torch
from classifier import Classifier


class ByHand(Classifier):
    def save(self, path):
        torch.save(
            {
                "model": self.model.state_dict(),
                "optimizer": self.optimizer.state_dict(),
                "schedule": self.schedule.state_dict(),
                "progress": self.progress.state_dict(),  # fixed
                # buggy: "epoch": self.progress.epoch,
                # buggy: "step": self.progress.step,
                # buggy: "rng": torch.get_rng_state(),
            },
            path,
        )

    def load(self, path):
        state = torch.load(path, weights_only=True)
        self.model.load_state_dict(state["model"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.schedule.load_state_dict(state["schedule"])
        self.progress.load_state_dict(state["progress"])  # fixed
        # buggy: self.progress.epoch, self.progress.step = state["epoch"], state["step"]
        # buggy: torch.set_rng_state(state["rng"])
