"""A healthy contrastive pretraining: two views of each picture, NT-Xent, and a nearest-neighbour score.
Not a bug itself."""

from dataclasses import dataclass

import gonogo
import torch
from torch import nn
from torch.nn.functional import cross_entropy, normalize
from torch.utils.data import DataLoader, Dataset


@dataclass
class Config:
    temperature: float = gonogo.number(0.2, above=0)
    dimension: int = gonogo.number(16, min=2)
    lr: float = gonogo.number(2e-3, above=0)


class Pictures(Dataset):
    """Four kinds of textures [1, 12, 12] at random places and strengths."""

    def __init__(self, count, seed):
        generator = torch.Generator().manual_seed(3)
        kinds = torch.randn(4, 1, 12, 12, generator=generator)
        generator.manual_seed(seed)
        self.label = torch.randint(4, (count,), generator=generator)
        self.image = kinds[self.label] + 0.7 * torch.randn(count, 1, 12, 12, generator=generator)

    def __len__(self):
        return len(self.label)

    def __getitem__(self, index):
        return self.image[index], self.label[index]


class TwoViews(Dataset):
    def __init__(self, pictures):
        self.pictures = pictures

    def __len__(self):
        return len(self.pictures)

    def view(self, image):
        image = image * (0.7 + 0.6 * torch.rand(())) + 0.3 * torch.randn(image.shape)
        top, left = torch.randint(0, 5, (2,)).tolist()
        image[:, top : top + 4, left : left + 4] = 0
        return image

    def __getitem__(self, index):
        image, label = self.pictures[index]
        return self.view(image), self.view(image), label


class Encoder(nn.Module):
    def __init__(self, dimension):
        super().__init__()
        self.body = nn.Sequential(nn.Conv2d(1, 8, 3, stride=2, padding=1), nn.BatchNorm2d(8), nn.ReLU(), nn.Flatten(), nn.Linear(288, 64), nn.ReLU())
        self.projector = nn.Sequential(nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, dimension))

    def forward(self, image):  # → [batch, dimension], of length one
        return normalize(self.projector(self.body(image)), dim=1)


class SimClr(gonogo.Experiment[Config]):
    task = gonogo.custom()
    objective = "knn"
    directions = {"knn": "max"}
    views = TwoViews

    def setup(self):
        self.train_loader = DataLoader(self.views(Pictures(512, 1)), batch_size=self.batch_size, shuffle=True, drop_last=True)
        self.memory = Pictures(160, 1)
        self.val_loader = DataLoader(Pictures(150, 2), batch_size=self.evaluate_batch_size)
        self.model = Encoder(self.config.dimension)
        self.optimizer = torch.optim.Adam(self.model.parameters(), lr=self.config.lr, weight_decay=1e-6)
        self.schedule = torch.optim.lr_scheduler.CosineAnnealingLR(self.optimizer, self.steps)

    def nt_xent(self, a, b):
        z = torch.cat([a, b])
        similarity = z @ z.T / self.config.temperature
        similarity.fill_diagonal_(float("-inf"))
        n = len(a)
        positive = torch.cat([torch.arange(n, 2 * n), torch.arange(n)]).to(z.device)
        return cross_entropy(similarity, positive)

    def train_step(self, batch):
        a, b, _ = batch
        self.model.train()
        loss = self.nt_xent(self.model(a), self.model(b))
        self.optimizer.zero_grad()
        loss.backward()
        self.optimizer.step()
        self.schedule.step()
        return {"loss": loss}

    @torch.no_grad()
    def evaluate(self, loader):
        """The nearest of 160 training pictures says the kind; the loss is the distance to it."""
        self.model.eval()
        bank = self.model(self.memory.image)
        right = distance = count = 0
        for image, label in loader:
            nearest, which = (self.model(image) @ bank.T).max(1)
            right += (self.memory.label[which] == label).sum().item()
            distance += (1 - nearest).sum().item()
            count += len(label)
        return {"val_loss": distance / count, "val_knn": right / count}

    def save(self, path):
        state = {"model": self.model.state_dict(), "optimizer": self.optimizer.state_dict(), "schedule": self.schedule.state_dict()}
        torch.save({**state, "progress": self.progress.state_dict()}, path)

    def load(self, path):
        state = torch.load(path, weights_only=True)
        self.model.load_state_dict(state["model"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.schedule.load_state_dict(state["schedule"])
        self.progress.load_state_dict(state["progress"])
