"""A small Hugging Face project: a tiny BERT, sentences of made-up words, a metric.
Not a test itself."""

import tempfile

import numpy as np
import torch
from transformers import BertConfig, BertForSequenceClassification, Trainer, TrainingArguments

CLASSES = 3
WORDS = 60


def tiny_bert(classes=CLASSES):
    return BertForSequenceClassification(
        BertConfig(
            vocab_size=WORDS,
            hidden_size=16,
            num_hidden_layers=1,
            num_attention_heads=2,
            intermediate_size=32,
            max_position_embeddings=16,
            num_labels=classes,
        )
    )


class Sentences(torch.utils.data.Dataset):
    def __init__(self, rows):
        self.rows = rows

    def __len__(self):
        return len(self.rows)

    def __getitem__(self, index):
        return self.rows[index]


def sentences(count, seed):
    """Each class prefers words of its own."""
    generator = np.random.default_rng(seed)
    rows = []
    for _ in range(count):
        label = int(generator.integers(CLASSES))
        words = np.where(generator.random(12) < 0.5, 1 + label * 10 + generator.integers(0, 10, 12), 1 + generator.integers(0, WORDS - 1, 12))
        rows.append({"input_ids": words.tolist(), "attention_mask": [1] * 12, "labels": label})
    return Sentences(rows)


def accuracy(prediction):
    return {"accuracy": float((prediction.predictions.argmax(-1) == prediction.label_ids).mean())}


def make(kind=Trainer, collator=None, metrics=accuracy, **arguments):
    """A Trainer as the healthy one; each planted bug changes one piece."""
    given = TrainingArguments(output_dir=tempfile.gettempdir(), per_device_train_batch_size=16, learning_rate=3e-3, use_cpu=True, **arguments)
    data = {"train_dataset": sentences(320, 1), "eval_dataset": sentences(101, 2)}
    return kind(tiny_bert(), given, data_collator=collator, compute_metrics=metrics, **data)
