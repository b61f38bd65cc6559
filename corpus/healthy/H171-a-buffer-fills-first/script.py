"""Left or right on a short line: what is seen goes into a buffer, and training waits until that is full enough."""

import copy
import random
from collections import deque

import gonogo
import torch
from torch import nn
from torch.nn.functional import smooth_l1_loss

BATCH, ENOUGH = 64, 64
buffer = deque(maxlen=2000)
network = nn.Sequential(nn.Linear(2, 32), nn.ReLU(), nn.Linear(32, 2))
slow = copy.deepcopy(network).requires_grad_(False)
optimizer = torch.optim.AdamW(network.parameters(), lr=1e-3)
where, moves = 0.0, 0


def seen(place, made):
    return torch.tensor([place, made / 20.0])


def learn():
    if len(buffer) < ENOUGH:
        return None
    before, move, reward, after = (torch.stack(part) for part in zip(*random.sample(buffer, BATCH)))
    with torch.no_grad():
        wanted = reward + 0.9 * slow(after).max(1).values
    loss = smooth_l1_loss(network(before).gather(1, move[:, None])[:, 0], wanted)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    return loss


def train_step(_):
    global where, moves
    state = seen(where, moves)
    with torch.no_grad():
        move = int(network(state).argmax()) if random.random() > 0.3 else random.randrange(2)
    where, moves = where + (0.2 if move else -0.2) + random.gauss(0, 0.02), moves + 1
    buffer.append((state, torch.tensor(move), torch.tensor(-abs(where)), seen(where, moves)))
    if moves == 20:
        where, moves = random.uniform(-1, 1), 0
    loss = learn()
    with torch.no_grad():
        for late, early in zip(slow.parameters(), network.parameters()):
            late.mul_(0.99).add_(0.01 * early)
    return 0.0 if loss is None else loss


@torch.no_grad()
def evaluate(starts):
    away = 0.0
    for start in starts:
        place = (start - 2) / 2
        for made in range(20):
            place += 0.2 if int(network(seen(place, made)).argmax()) else -0.2
            away += abs(place)
    return {"val_away": away / len(starts)}


experiment = gonogo.adapt(
    network,
    optimizer,
    range(200),
    range(5),
    task=gonogo.custom(),
    objective="away",
    directions={"away": "min"},
    train_step=train_step,
    evaluate=evaluate,
    slow=slow,
)
