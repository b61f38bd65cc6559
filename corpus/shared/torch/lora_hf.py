"""A healthy fine-tune with the Hugging Face Trainer: a small frozen BERT, low-rank adapters in its attention, a new head.
A script with parts that a bug replaces; not a bug itself."""

import math
import tempfile

import torch
from torch import nn
from torch.utils.data import Dataset
from transformers import BertConfig, BertForSequenceClassification, Trainer, TrainingArguments

CLASSES, WORDS, PAD = 3, 40, 0


class Reviews(Dataset):
    """A class is a few words that come often; sentences of four to fourteen words."""

    def __init__(self, count, seed):
        generator = torch.Generator().manual_seed(seed)
        self.rows = []
        for _ in range(count):
            label = int(torch.randint(CLASSES, (), generator=generator))
            words = torch.randint(1, WORDS, (int(torch.randint(4, 15, (), generator=generator)),), generator=generator)
            own = torch.rand(words.shape, generator=generator) < 0.5
            words[own] = 1 + 3 * label + torch.randint(3, (int(own.sum()),), generator=generator)
            self.rows.append((words, label))

    def __len__(self):
        return len(self.rows)

    def __getitem__(self, index):
        words, label = self.rows[index]
        return {"input_ids": words, "labels": label}


def collate(rows):
    words = nn.utils.rnn.pad_sequence([one["input_ids"] for one in rows], batch_first=True, padding_value=PAD)
    return {"input_ids": words, "attention_mask": (words != PAD).long(), "labels": torch.tensor([one["labels"] for one in rows])}


class LoraLinear(nn.Module):
    def __init__(self, base, rank=4, alpha=8):
        super().__init__()
        self.base, self.scale = base.requires_grad_(False), alpha / rank
        self.lora_a = nn.Parameter(torch.empty(rank, base.in_features))
        self.lora_b = nn.Parameter(torch.zeros(base.out_features, rank))
        nn.init.kaiming_uniform_(self.lora_a, a=math.sqrt(5))

    def forward(self, x):
        return self.base(x) + self.scale * (x @ self.lora_a.T @ self.lora_b.T)


def pretrained():
    """Stands for a download: random, but always the same."""
    config = BertConfig(vocab_size=WORDS, hidden_size=32, num_hidden_layers=1, num_attention_heads=2, intermediate_size=64, max_position_embeddings=16, num_labels=CLASSES)
    return BertForSequenceClassification(config)


def adapted(model, linear=LoraLinear):
    for parameter in model.bert.parameters():
        parameter.requires_grad = False
    for layer in model.bert.encoder.layer:
        layer.attention.self.query = linear(layer.attention.self.query)
        layer.attention.self.value = linear(layer.attention.self.value)
    return model


def accuracy(prediction):
    return {"accuracy": float((prediction.predictions.argmax(-1) == prediction.label_ids).mean())}


def maker(build=lambda: adapted(pretrained()), trainer=Trainer):
    def make_trainer(batch_size: int, eval_batch_size: int, seed: int, learning_rate: float = 5e-3):
        arguments = TrainingArguments(
            output_dir=tempfile.mkdtemp(), per_device_train_batch_size=batch_size, per_device_eval_batch_size=eval_batch_size, seed=seed,
            learning_rate=learning_rate, warmup_steps=5, use_cpu=True, report_to=[], save_strategy="no", logging_strategy="no",
        )
        return trainer(
            build(), arguments, train_dataset=Reviews(512, 1), eval_dataset=Reviews(120, 2), data_collator=collate, compute_metrics=accuracy
        )

    return make_trainer
