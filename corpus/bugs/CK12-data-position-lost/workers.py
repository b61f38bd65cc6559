"""Two loader workers; the step is all that is kept of the place."""

import torch
from workers_base import WithWorkers


class Resumed(WithWorkers):
    def save(self, path):
        torch.save(
            {
                "model": self.model.state_dict(),
                "optimizer": self.optimizer.state_dict(),
                "schedule": self.schedule.state_dict(),
                "progress": self.progress.state_dict(),  # fixed
                # buggy: "step": self.progress.step,
            },
            path,
        )

    def load(self, path):
        state = torch.load(path, weights_only=True)
        self.model.load_state_dict(state["model"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.schedule.load_state_dict(state["schedule"])
        self.progress.load_state_dict(state["progress"])  # fixed
        # buggy: self.progress.step = state["step"]
