"""Stochastic weight averaging: before each validation the average gets statistics of its own from the training data."""
import torch
from classifier import Classifier, patterns
from torch.nn.functional import cross_entropy
from torch.optim.swa_utils import AveragedModel, update_bn
from torch.utils.data import DataLoader


class Averaged(Classifier):
    def setup(self):
        super().setup()
        self.swa_model = AveragedModel(self.model)
        self.plain = DataLoader(patterns(640, seed=1), batch_size=64)

    def on_epoch_end(self):
        self.swa_model.update_parameters(self.model)

    @torch.no_grad()
    def evaluate(self, loader):
        update_bn(self.plain, self.swa_model)
        self.swa_model.eval()
        total = right = count = 0
        for image, label in loader:
            logits = self.swa_model(image)
            total += cross_entropy(logits, label, reduction="sum").item()
            right += (logits.argmax(1) == label).sum().item()
            count += len(label)
        return {"val_loss": total / count, "val_accuracy": right / count}

    def save(self, path):
        torch.save({"model": self.model.state_dict(), "swa": self.swa_model.state_dict(), "optimizer": self.optimizer.state_dict(), "schedule": self.schedule.state_dict(), "progress": self.progress.state_dict()}, path)

    def load(self, path):
        state = torch.load(path, weights_only=True)
        self.model.load_state_dict(state["model"])
        self.swa_model.load_state_dict(state["swa"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.schedule.load_state_dict(state["schedule"])
        self.progress.load_state_dict(state["progress"])
