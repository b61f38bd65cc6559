"""Sixteen rows of one long text, cut into windows; the state of a row goes on into its next window."""

import gonogo
import torch
from torch import nn
from torch.nn.functional import cross_entropy

ROWS, WINDOW, WORDS, HIDDEN = 16, 12, 24, 32


def text(length, seed):
    """Each word follows from the last, with a choice of three."""
    generator = torch.Generator().manual_seed(seed)
    choice = torch.randint(3, (length,), generator=generator).tolist()
    words, word = [], 0
    for one in choice:
        word = (5 * word + 2 * one + 1) % WORDS
        words.append(word)
    return torch.tensor(words).view(ROWS, -1)


class Windows:
    """All rows side by side, from left to right."""

    def __init__(self, rows):
        self.rows = rows

    def __len__(self):
        return (self.rows.shape[1] - 1) // WINDOW

    def __iter__(self):
        for start in range(0, len(self) * WINDOW, WINDOW):
            yield self.rows[:, start : start + WINDOW], self.rows[:, start + 1 : start + 1 + WINDOW]


class Reader(nn.Module):
    def __init__(self):
        super().__init__()
        self.embedding, self.recurrent, self.head = nn.Embedding(WORDS, HIDDEN), nn.GRU(HIDDEN, HIDDEN, batch_first=True), nn.Linear(HIDDEN, WORDS)

    def forward(self, words, state):
        h, state = self.recurrent(self.embedding(words), state)
        return self.head(h).reshape(-1, WORDS), state


def start():
    return torch.zeros(1, ROWS, HIDDEN)


model = Reader()
optimizer = torch.optim.Adam(model.parameters(), lr=5e-3)


def train_epoch(windows):
    model.train()
    state = start()
    for words, following in windows:
        outputs, state = model(words, state.detach())
        loss = cross_entropy(outputs, following.reshape(-1))
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 0.5)
        optimizer.step()


@torch.no_grad()
def evaluate(windows):
    model.eval()
    state, total, count = start(), 0.0, 0
    for words, following in windows:
        outputs, state = model(words, state)
        total, count = total + cross_entropy(outputs, following.reshape(-1), reduction="sum").item(), count + following.numel()
    return {"val_loss": total / count}


experiment = gonogo.adapt(
    model, optimizer, Windows(text(16 * 481, 1)), Windows(text(16 * 97, 2)), train_epoch=train_epoch, evaluate=evaluate, task=gonogo.custom()
)
