"""A small language model on sentences of a made-up grammar, padded to the longest of a batch. Healthy.
Not a bug itself."""

import math
from dataclasses import dataclass

import gonogo
import torch
from torch import nn
from torch.nn.functional import cross_entropy, scaled_dot_product_attention
from torch.utils.data import DataLoader, Dataset

PAD, VOCABULARY, LONGEST = 0, 20, 12


@dataclass
class Config:
    width: int = gonogo.number(32, min=8, max=256)
    learning_rate: float = gonogo.number(3e-3, above=0)


class Sentences(Dataset):
    """Each word follows from the one before, but for a tenth; sentences end after four to twelve words."""

    def __init__(self, count, seed):
        generator = torch.Generator().manual_seed(11)
        follows = torch.randperm(VOCABULARY - 1, generator=generator) + 1
        generator.manual_seed(seed)
        self.sentences = []
        for _ in range(count):
            length = int(torch.randint(4, LONGEST + 1, (), generator=generator))
            word = int(torch.randint(1, VOCABULARY, (), generator=generator))
            words = [word]
            while len(words) <= length:
                drawn = torch.rand((), generator=generator) < 0.1
                word = int(torch.randint(1, VOCABULARY, (), generator=generator)) if drawn else int(follows[word - 1])
                words.append(word)
            self.sentences.append(torch.tensor(words))

    def __len__(self):
        return len(self.sentences)

    def __getitem__(self, index):
        return self.sentences[index]


def padded(sentences):
    """→ words [batch, longest] and the words that follow them, filled up with PAD."""
    longest = max(len(one) for one in sentences) - 1
    words = torch.full((len(sentences), longest), PAD)
    target = torch.full((len(sentences), longest), PAD)
    for row, one in enumerate(sentences):
        words[row, : len(one) - 1], target[row, : len(one) - 1] = one[:-1], one[1:]
    return words, target


class Block(nn.Module):
    def __init__(self, width, causal=True):
        super().__init__()
        self.norm1, self.norm2, self.causal = nn.LayerNorm(width), nn.LayerNorm(width), causal
        self.qkv, self.out = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.mlp = nn.Sequential(nn.Linear(width, 4 * width), nn.GELU(), nn.Linear(4 * width, width))

    def forward(self, x):
        batch, time, width = x.shape
        q, k, v = self.qkv(self.norm1(x)).view(batch, time, 3, 2, width // 2).permute(2, 0, 3, 1, 4)
        mixed = scaled_dot_product_attention(q, k, v, is_causal=self.causal)
        x = x + self.out(mixed.transpose(1, 2).reshape(batch, time, width))
        return x + self.mlp(self.norm2(x))


class Transformer(nn.Module):
    def __init__(self, width, causal=True):
        super().__init__()
        self.words, self.places = nn.Embedding(VOCABULARY, width), nn.Embedding(LONGEST, width)
        self.block, self.norm = Block(width, causal), nn.LayerNorm(width)
        self.head = nn.Linear(width, VOCABULARY)
        for table in (self.words, self.places):
            nn.init.normal_(table.weight, std=0.02)

    def forward(self, words):  # [batch, time] → logits [batch, time, words]
        places = torch.arange(words.shape[1], device=words.device)
        return self.head(self.norm(self.block(self.words(words) + self.places(places))))


class Language(gonogo.Experiment[Config]):
    task = gonogo.custom(initial={"loss": math.log(VOCABULARY)})

    def setup(self):
        self.train_loader = DataLoader(Sentences(480, seed=1), batch_size=self.batch_size, shuffle=True, collate_fn=padded)
        self.val_loader = DataLoader(Sentences(151, seed=2), batch_size=self.evaluate_batch_size, collate_fn=padded)
        self.model = self.build()
        self.optimizer = torch.optim.AdamW(self.model.parameters(), lr=self.config.learning_rate)
        self.schedule = torch.optim.lr_scheduler.OneCycleLR(self.optimizer, self.config.learning_rate, self.steps, pct_start=0.2)

    def build(self):
        return Transformer(self.config.width)

    def loss_of(self, logits, target, reduction):
        return cross_entropy(logits.flatten(0, 1), target.flatten(), ignore_index=PAD, reduction=reduction)

    def counted(self, target):
        return (target != PAD).sum().item()

    def train_step(self, batch):
        words, target = batch
        self.model.train()
        self.optimizer.zero_grad()
        loss = self.loss_of(self.model(words), target, "mean")
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
        self.optimizer.step()
        self.schedule.step()
        return {"loss": loss}

    @torch.no_grad()
    def evaluate(self, loader):
        self.model.eval()
        total = count = 0
        for words, target in loader:
            total += self.loss_of(self.model(words), target, "sum").item()
            count += self.counted(target)
        return {"val_loss": total / count}

    def save(self, path):
        torch.save(
            {
                "model": self.model.state_dict(),
                "optimizer": self.optimizer.state_dict(),
                "schedule": self.schedule.state_dict(),
                "progress": self.progress.state_dict(),
            },
            path,
        )

    def load(self, path):
        state = torch.load(path, weights_only=True)
        self.model.load_state_dict(state["model"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.schedule.load_state_dict(state["schedule"])
        self.progress.load_state_dict(state["progress"])
