"""Weights and optimizer in files of their own."""

from pathlib import Path

import torch
from classifier import Classifier


class TwoFiles(Classifier):
    def optimizer_file(self, path):
        return Path(path) / "optimizer.pt"  # fixed
        # buggy: return Path(path).parent.parent / "optimizer.pt"

    def save(self, path):
        Path(path).mkdir(exist_ok=True)
        state = {"model": self.model.state_dict(), "schedule": self.schedule.state_dict(), "progress": self.progress.state_dict()}
        torch.save(state, Path(path) / "model.pt")
        torch.save(self.optimizer.state_dict(), self.optimizer_file(path))

    def load(self, path):
        state = torch.load(Path(path) / "model.pt", weights_only=True)
        self.model.load_state_dict(state["model"])
        self.schedule.load_state_dict(state["schedule"])
        self.optimizer.load_state_dict(torch.load(self.optimizer_file(path), weights_only=True))
        self.progress.load_state_dict(state["progress"])
