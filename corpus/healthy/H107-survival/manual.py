"""DeepSurv: a proportional hazards model with a small network. Times are censored."""

from dataclasses import dataclass

import gonogo
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


@dataclass
class Config:
    hidden: int = gonogo.number(32, min=2)
    lr: float = gonogo.number(3e-3, above=0)
    l2: float = gonogo.number(1e-3, min=0)


def patients(count, seed):
    g = torch.Generator().manual_seed(seed)
    x = torch.randn(count, 8, generator=g)
    log_hazard = 1.2 * x[:, 0] - 0.8 * x[:, 1] + 0.7 * x[:, 2] * x[:, 3]
    time = torch.empty(count).exponential_(generator=g) * torch.exp(-log_hazard)
    censored_at = 3.0 * torch.rand(count, generator=g)
    event = time <= censored_at
    return TensorDataset(x, torch.minimum(time, censored_at), event.float())


def cox_loss(risk, time, event):
    """Negative log partial likelihood, Breslow; a mean over the events."""
    order = torch.argsort(time, descending=True)
    risk, event = risk[order], event[order]
    at_risk = torch.logcumsumexp(risk, 0)
    return -((risk - at_risk) * event).sum() / event.sum().clamp(min=1)


def concordance(time, predicted, event):
    """Share of comparable pairs whose order in predicted survival is the order of their times."""
    earlier = (time[:, None] < time[None]) & (event[:, None] == 1)
    right = (predicted[:, None] < predicted[None]).double() + 0.5 * (predicted[:, None] == predicted[None]).double()
    return (right[earlier].sum() / earlier.sum()).item()


class DeepSurv(gonogo.Experiment[Config]):
    task = gonogo.custom()
    objective = "concordance"
    directions = {"concordance": "max"}

    def setup(self):
        c = self.config
        self.train_loader = DataLoader(patients(800, 1), batch_size=self.batch_size, shuffle=True)
        self.val_loader = DataLoader(patients(200, 2), batch_size=self.evaluate_batch_size)
        self.model = nn.Sequential(nn.Linear(8, c.hidden), nn.SELU(), nn.Linear(c.hidden, c.hidden), nn.SELU(), nn.Linear(c.hidden, 1))
        self.optimizer = torch.optim.AdamW(self.model.parameters(), lr=c.lr, weight_decay=c.l2)
        self.scheduler = torch.optim.lr_scheduler.ExponentialLR(self.optimizer, gamma=0.9)

    def train_step(self, batch):
        x, time, event = batch
        self.model.train()
        loss = cox_loss(self.model(x).squeeze(1), time, event)
        self.optimizer.zero_grad()
        loss.backward()
        self.optimizer.step()
        return loss

    def on_epoch_end(self):
        self.scheduler.step()

    @torch.no_grad()
    def evaluate(self, loader):
        """Risk sets are those of the whole validation set."""
        self.model.eval()
        rows = [(self.model(x).squeeze(1), time, event) for x, time, event in loader]
        risk, time, event = (torch.cat(column) for column in zip(*rows))
        return {"val_loss": cox_loss(risk, time, event).item(), "val_concordance": concordance(time, -risk, event)}

    def save(self, path):
        parts = {"model": self.model, "optimizer": self.optimizer, "scheduler": self.scheduler, "progress": self.progress}
        torch.save({name: part.state_dict() for name, part in parts.items()}, path)

    def load(self, path):
        state = torch.load(path, weights_only=True)
        for name, part in {"model": self.model, "optimizer": self.optimizer, "scheduler": self.scheduler, "progress": self.progress}.items():
            part.load_state_dict(state[name])
