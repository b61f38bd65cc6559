"""Part-of-speech tags for a toy grammar: packed sequences, sorted by length for cuDNN, mean over tokens."""

import random
from dataclasses import dataclass

import gonogo
import torch
import torch.nn as nn
import torch.nn.functional as F
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence, pad_sequence
from torch.utils.data import DataLoader

TAGS = ["DET", "ADJ", "NOUN", "VERB", "ADV"]
IGNORE = -100
# "light" and "fast" are what their neighbours make of them
LEXICON = {"DET": "the a this".split(), "ADJ": "red light fast old".split(), "NOUN": "dog light tree man".split(), "VERB": "sees light runs eats".split(), "ADV": "fast well".split()}
WORDS = ["<pad>", *sorted({word for words in LEXICON.values() for word in words})]


@dataclass
class Config:
    embedding: int = gonogo.number(16, min=4)
    hidden: int = gonogo.number(24, min=4)
    dropout: float = gonogo.number(0.3, min=0, max=0.9)
    lr: float = gonogo.number(1e-2, above=0)


def corpus(count, seed):
    draw = random.Random(seed)
    sentences = []
    for _ in range(count):
        tags = []
        for part in range(draw.randint(1, 4)):
            tags += ["DET"] + ["ADJ"] * draw.randint(0, 2) + ["NOUN"]
            tags += ["VERB"] + ["ADV"] * draw.randint(0, 1) if part % 2 == 0 else []
        words = [draw.choice(LEXICON[tag]) for tag in tags]
        sentences.append((torch.tensor([WORDS.index(one) for one in words]), torch.tensor([TAGS.index(one) for one in tags])))
    return sentences


def collate(batch):
    words, tags = zip(*batch)
    lengths = torch.tensor([len(one) for one in words])
    padded = pad_sequence(list(tags), batch_first=True, padding_value=IGNORE)
    return pad_sequence(list(words), batch_first=True), padded, lengths


class Tagger(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.dropout = c.dropout
        self.embedding = nn.Embedding(len(WORDS), c.embedding, padding_idx=0)
        self.lstm = nn.LSTM(c.embedding, c.hidden, batch_first=True, bidirectional=True)
        self.out = nn.Linear(2 * c.hidden, len(TAGS))

    def forward(self, words, lengths):
        lengths, order = lengths.sort(descending=True)
        x = F.dropout(self.embedding(words[order]), self.dropout, training=self.training)
        h, _ = self.lstm(pack_padded_sequence(x, lengths.cpu(), batch_first=True))
        h, _ = pad_packed_sequence(h, batch_first=True, total_length=words.shape[1])
        h = h[order.argsort()]
        return self.out(h)


class PosTagger(gonogo.Experiment[Config]):
    task = gonogo.classification(classes=len(TAGS))

    def setup(self):
        self.train_loader = DataLoader(corpus(600, 1), batch_size=self.batch_size, shuffle=True, collate_fn=collate)
        self.val_loader = DataLoader(corpus(130, 2), batch_size=self.evaluate_batch_size, collate_fn=collate)
        self.model = Tagger(self.config)
        self.optimizer = torch.optim.Adam(self.model.parameters(), lr=self.config.lr)

    def train_step(self, batch):
        words, tags, lengths = batch
        self.model.train()
        self.optimizer.zero_grad()
        logits = self.model(words, lengths)
        loss = F.cross_entropy(logits.flatten(0, 1), tags.flatten(), ignore_index=IGNORE)
        loss.backward()
        nn.utils.clip_grad_norm_(self.model.parameters(), 5.0)
        self.optimizer.step()
        return loss

    def evaluate(self, loader):
        self.model.eval()
        loss = right = tokens = 0
        with torch.no_grad():
            for words, tags, lengths in loader:
                logits = self.model(words, lengths)
                known = tags != IGNORE
                loss += F.cross_entropy(logits[known], tags[known], reduction="sum").item()
                right += (logits.argmax(-1)[known] == tags[known]).sum().item()
                tokens += known.sum().item()
        return {"val_loss": loss / tokens, "val_accuracy": right / tokens}
