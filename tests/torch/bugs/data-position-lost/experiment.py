"""Epoch and step are saved, the place within the epoch is not: a resumed run begins the epoch again."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import torch
from classifier import Classifier


class StartsTheEpochAgain(Classifier):
    def save(self, path):
        torch.save(
            {
                "model": self.model.state_dict(),
                "optimizer": self.optimizer.state_dict(),
                "schedule": self.schedule.state_dict(),
                "epoch": self.progress.epoch,
                "step": self.progress.step,
                "rng": torch.get_rng_state(),
            },
            path,
        )

    def load(self, path):
        state = torch.load(path, weights_only=True)
        self.model.load_state_dict(state["model"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.schedule.load_state_dict(state["schedule"])
        self.progress.epoch, self.progress.step = state["epoch"], state["step"]
        torch.set_rng_state(state["rng"])
