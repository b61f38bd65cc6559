"""Fine-tunes a small DistilBERT on reviews."""

import random
import tempfile

import gonogo
import gonogo.transformers
import torch
from torch.utils.data import Dataset
from transformers import DistilBertConfig, DistilBertForSequenceClassification, Trainer, TrainingArguments

WORDS = {
    "negative": "awful boring broken cheap dull fails hated lazy mess noisy poor refund".split(),
    "neutral": "average box colour delivered fine medium normal ok ordered size standard usual".split(),
    "positive": "amazing best bright easy enjoyed great happy love perfect smooth solid wow".split(),
}
FILLERS = "a again and at but for i in it just my of on so the this to very was with".split()
VOCABULARY = ["[PAD]", "[CLS]", *FILLERS, *(word for words in WORDS.values() for word in words)]


def write_reviews(count, seed):
    """→ [(text, name of its class)]"""
    draw = random.Random(seed)
    rows = []
    for _ in range(count):
        label = draw.choice(list(WORDS))
        words = [draw.choice(WORDS[label]) if draw.random() < 0.35 else draw.choice(FILLERS) for _ in range(draw.randint(4, 16))]
        rows.append((" ".join(words), label))
    return rows


train_rows, eval_rows = write_reviews(960, 1), write_reviews(120, 2)
label2id = {name: i for i, name in enumerate(sorted({name for _, name in train_rows}))}


class Reviews(Dataset):
    def __init__(self, rows):
        self.label2id = label2id
        self.items = [([VOCABULARY.index(word) for word in ["[CLS]", *text.split()]], self.label2id[name]) for text, name in rows]

    def __len__(self):
        return len(self.items)

    def __getitem__(self, i):
        ids, label = self.items[i]
        return {"input_ids": ids, "label": label}


def collate(rows):
    longest = max(len(row["input_ids"]) for row in rows)
    input_ids = torch.zeros(len(rows), longest, dtype=torch.long)
    attention_mask = torch.zeros(len(rows), longest, dtype=torch.long)
    for i, row in enumerate(rows):
        input_ids[i, : len(row["input_ids"])] = torch.tensor(row["input_ids"])
        attention_mask[i, : len(row["input_ids"])] = 1
    labels = torch.tensor([row["label"] for row in rows])
    return {"input_ids": input_ids, "attention_mask": attention_mask, "labels": labels}


def compute_metrics(prediction):
    return {"accuracy": float((prediction.predictions.argmax(-1) == prediction.label_ids).mean())}


def make_trainer(batch_size: int, eval_batch_size: int, seed: int, learning_rate: float = 2e-3):
    config = DistilBertConfig(vocab_size=len(VOCABULARY), dim=32, n_layers=2, n_heads=2, hidden_dim=64, max_position_embeddings=32, num_labels=3, initializer_range=0.2)
    model = DistilBertForSequenceClassification(config)
    for parameter in model.distilbert.embeddings.word_embeddings.parameters():
        parameter.requires_grad = False
    arguments = TrainingArguments(
        output_dir=tempfile.mkdtemp(),
        per_device_train_batch_size=batch_size,
        per_device_eval_batch_size=eval_batch_size,
        learning_rate=learning_rate,
        weight_decay=0.01,
        warmup_steps=4,
        num_train_epochs=3,
        eval_strategy="epoch",
        save_strategy="epoch",
        load_best_model_at_end=True,
        metric_for_best_model="accuracy",
        greater_is_better=True,
        remove_unused_columns=False,
        use_cpu=True,
        report_to=[],
        seed=seed,
    )
    return Trainer(
        model=model,
        args=arguments,
        train_dataset=Reviews(train_rows),
        eval_dataset=Reviews(eval_rows),
        data_collator=collate,
        compute_metrics=compute_metrics,
    )


experiment = gonogo.transformers.adapt(make_trainer, task=gonogo.classification(classes=3), frozen=("*distilbert.embeddings.word_embeddings.*",))
