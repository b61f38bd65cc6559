"""Two loader workers augment."""

import random

import numpy as np
import torch
from workers_base import WithWorkers


class Resumed(WithWorkers):
    def save(self, path):
        progress = self.progress
        torch.save(
            {
                "model": self.model.state_dict(),
                "optimizer": self.optimizer.state_dict(),
                "schedule": self.schedule.state_dict(),
                "progress": progress.state_dict(),  # fixed
                # buggy: "at": (progress.step, progress.epoch, progress.batch),
                "rng": (random.getstate(), np.random.get_state(), torch.get_rng_state()),
            },
            path,
        )

    def load(self, path):
        state = torch.load(path, weights_only=False)
        self.model.load_state_dict(state["model"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.schedule.load_state_dict(state["schedule"])
        python, numpy, pytorch = state["rng"]
        random.setstate(python)
        np.random.set_state(numpy)
        torch.set_rng_state(pytorch)
        self.progress.load_state_dict(state["progress"])  # fixed
        # buggy: self.progress.step, self.progress.epoch, self.progress.batch = state["at"]
