"""A small language model with nn.MultiheadAttention."""

import gonogo
import torch
from everyday import Loop
from torch import nn
from torch.nn.functional import cross_entropy

WORDS = 24


def text(count, seed, time=17):
    """Each word follows from the two before it, with some noise."""
    g = torch.Generator().manual_seed(seed)
    ids = torch.randint(WORDS, (count, time), generator=g)
    for t in range(2, time):
        told = (3 * ids[:, t - 1] + 5 * ids[:, t - 2] + 1) % WORDS
        ids[:, t] = torch.where(torch.rand(count, generator=g) < 0.9, told, ids[:, t])
    return ids[:, :-1], ids[:, 1:]


class Block(nn.Module):
    def __init__(self, width, dropout):
        super().__init__()
        self.norm1, self.norm2 = nn.LayerNorm(width), nn.LayerNorm(width)
        self.attention = nn.MultiheadAttention(width, 2, dropout=dropout, batch_first=True)
        self.mlp = nn.Sequential(nn.Linear(width, 4 * width), nn.GELU(), nn.Linear(4 * width, width))

    def hidden(self, time):
        square = torch.ones(time, time, dtype=torch.bool)
        return square.triu(1)  # fixed
        # buggy: return square.tril(-1)

    def forward(self, x):
        h = self.norm1(x)
        h, _ = self.attention(h, h, h, attn_mask=self.hidden(x.shape[1]), need_weights=False)
        x = x + h
        return x + self.mlp(self.norm2(x))


class Gpt(nn.Module):
    def __init__(self, width, dropout):
        super().__init__()
        self.words, self.places = nn.Embedding(WORDS, width), nn.Embedding(16, width)
        self.blocks = nn.Sequential(Block(width, dropout), Block(width, dropout))
        self.head = nn.Linear(width, WORDS)

    def forward(self, ids):  # → [batch, words, time]
        x = self.words(ids) + self.places.weight[: ids.shape[1]]
        return self.head(self.blocks(x)).transpose(1, 2)


class Language(Loop):
    task = gonogo.classification(classes=WORDS)

    def setup(self):
        self.loaders_of(text(640, 1), text(150, 2))
        self.model = Gpt(self.config.width, self.config.dropout)
        self.optimizer = torch.optim.AdamW(self.model.parameters(), lr=self.config.lr)

    def train_step(self, batch):
        self.model.train()
        return self.update(cross_entropy(self.model(batch[0]), batch[1]))

    @torch.no_grad()
    def evaluate(self, loader):
        self.model.eval()
        loss = right = count = 0
        for ids, following in loader:
            logits = self.model(ids)
            loss += cross_entropy(logits, following, reduction="sum").item()
            right += (logits.argmax(1) == following).sum().item()
            count += following.numel()
        return {"val_loss": loss / count, "val_accuracy": right / count}
