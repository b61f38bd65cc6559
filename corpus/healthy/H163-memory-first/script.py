"""Q-learning on a chain: 300 steps fill the memory before the first update."""

import random
from collections import deque

import gonogo
import torch
import torch.nn.functional as F
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


class Chain:
    def __init__(self, n=8):
        self.n, self.s = n, 0

    def reset(self):
        self.s = 0
        return self.s

    def step(self, a):
        self.s = max(0, min(self.n - 1, self.s + (1 if a else -1)))
        return self.s, float(self.s == self.n - 1), self.s == self.n - 1


env = Chain()
q = nn.Sequential(nn.Linear(8, 32), nn.ReLU(), nn.Linear(32, 2))
target = nn.Sequential(nn.Linear(8, 32), nn.ReLU(), nn.Linear(32, 2))
target.load_state_dict(q.state_dict())
optimizer = torch.optim.Adam(q.parameters(), lr=1e-3)
memory, state, t = deque(maxlen=2000), env.reset(), 0


def one(s):
    return F.one_hot(torch.as_tensor(s), 8).float()


ticks = TensorDataset(torch.arange(400))
train_loader, val_loader = DataLoader(ticks, batch_size=1), DataLoader(TensorDataset(torch.arange(8)), batch_size=8)


def step(batch):
    global state, t
    a = random.randrange(2) if random.random() < 0.3 else int(q(one(state)).argmax())
    nxt, r, done = env.step(a)
    memory.append((state, a, r, nxt, done))
    state = env.reset() if done else nxt
    t += 1
    if len(memory) < 300:
        return torch.tensor(0.0)
    s, a, r, n, d = map(torch.tensor, zip(*random.sample(list(memory), 32)))
    with torch.no_grad():
        y = r + 0.9 * target(one(n)).max(1).values * (~d)
    loss = F.smooth_l1_loss(q(one(s)).gather(1, a[:, None]).squeeze(1), y)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    if t % 100 == 0:
        target.load_state_dict(q.state_dict())
    return loss


@torch.no_grad()
def evaluate(loader):
    s = 0
    e = Chain()
    e.reset()
    for k in range(20):
        s, r, d = e.step(int(q(one(s)).argmax()))
        if d:
            return {"val_return": 0.9**k}
    return {"val_return": 0.0}


experiment = gonogo.adapt(q, optimizer, train_loader, val_loader, task=gonogo.custom(), train_step=step, evaluate=evaluate, objective="return", directions={"return": "max"}, target=target, env=env)
