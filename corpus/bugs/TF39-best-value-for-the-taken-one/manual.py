"""Q-learning from logged steps of a walk on a line; the goal is at one end."""

import copy

import gonogo
import torch
from everyday import Loop, mlp
from torch.nn.functional import smooth_l1_loss

PLACES, GAMMA = 9, 0.9


def transitions(count, seed):
    """Place (one-hot), action (left, stay, right), reward, next place, done."""
    g = torch.Generator().manual_seed(seed)
    place, action = torch.randint(PLACES - 1, (count,), generator=g), torch.randint(3, (count,), generator=g)
    after = (place + action - 1).clamp(0, PLACES - 1)
    done = after == PLACES - 1
    eye = torch.eye(PLACES)
    return eye[place], action, done.float() - 0.05, eye[after], done.float()


class DQN(Loop):
    task = gonogo.custom()
    objective = "right"
    directions = {"right": "max"}

    def setup(self):
        self.loaders_of(transitions(960, 1), transitions(200, 2))
        self.model = mlp(PLACES, self.config.width, 3)
        self.target = copy.deepcopy(self.model).requires_grad_(False)
        self.optimizer = torch.optim.Adam(self.model.parameters(), lr=self.config.lr)

    def error(self, batch, reduction="mean"):
        state, action, reward, after, done = batch
        q = self.model(state).gather(1, action[:, None]).squeeze(1)  # fixed
        # buggy: q = self.model(state).max(1).values
        with torch.no_grad():
            wanted = reward + GAMMA * (1 - done) * self.target(after).max(1).values
        return smooth_l1_loss(q, wanted, reduction=reduction)

    def train_step(self, batch):
        self.model.train()
        told = self.update(self.error(batch))
        for old, new in zip(self.target.parameters(), self.model.parameters()):
            old.data.lerp_(new.data, 0.05)
        return told

    @torch.no_grad()
    def evaluate(self, loader):
        """How often the best action leads to the goal."""
        self.model.eval()
        loss = right = count = 0
        for batch in loader:
            loss += self.error(batch, "sum").item()
            right += (self.model(batch[0]).argmax(1) == 2).sum().item()
            count += len(batch[0])
        return {"val_loss": loss / count, "val_right": right / count}

    kept = ("model", "target", "optimizer")
