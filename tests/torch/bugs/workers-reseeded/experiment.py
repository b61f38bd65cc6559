"""Step, place and the main process's generators are saved. The workers of the loader are not: they draw the noise of new seeds."""

import random
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import numpy as np
import torch
from workers import WithWorkers


class NewSeeds(WithWorkers):
    def save(self, path):
        progress = self.progress
        torch.save(
            {
                "model": self.model.state_dict(),
                "optimizer": self.optimizer.state_dict(),
                "schedule": self.schedule.state_dict(),
                "at": (progress.step, progress.epoch, progress.batch),
                "rng": (random.getstate(), np.random.get_state(), torch.get_rng_state()),
            },
            path,
        )

    def load(self, path):
        state = torch.load(path, weights_only=False)
        self.model.load_state_dict(state["model"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.schedule.load_state_dict(state["schedule"])
        self.progress.step, self.progress.epoch, self.progress.batch = state["at"]
        python, numpy, pytorch = state["rng"]
        random.setstate(python)
        np.random.set_state(numpy)
        torch.set_rng_state(pytorch)
