"""A Hugging Face Trainer whose loss weighs the classes."""

import tempfile

import gonogo
import gonogo.transformers
import torch
from everyday import sentences
from torch import nn
from torch.utils.data import Dataset
from transformers import DistilBertConfig, DistilBertForSequenceClassification, Trainer, TrainingArguments


class Rows(Dataset):
    def __init__(self, count, seed):
        self.ids, self.label = sentences(count, seed)

    def __len__(self):
        return len(self.label)

    def __getitem__(self, index):
        return {"input_ids": self.ids[index], "attention_mask": torch.ones_like(self.ids[index]), "labels": self.label[index]}


class Weighted(Trainer):
    def __init__(self, *args, class_weights=None, **more):
        super().__init__(*args, **more)
        self.class_weights = class_weights

    def compute_loss(self, model, inputs, return_outputs=False, num_items_in_batch=None):
        labels = inputs.pop("labels")
        outputs = model(**inputs)
        scores = outputs.logits  # fixed
        # buggy: scores = torch.softmax(outputs.logits, dim=-1)
        loss = nn.CrossEntropyLoss(weight=self.class_weights)(scores, labels)
        return (loss, outputs) if return_outputs else loss


def make_trainer(batch_size: int, eval_batch_size: int, seed: int, learning_rate: float = 3e-3):
    config = DistilBertConfig(vocab_size=48, dim=32, n_layers=1, n_heads=2, hidden_dim=64, max_position_embeddings=16, num_labels=4)
    train = Rows(512, 1)
    weights = len(train) / (4 * torch.bincount(train.label, minlength=4).float())
    arguments = TrainingArguments(
        output_dir=tempfile.mkdtemp(), per_device_train_batch_size=batch_size, per_device_eval_batch_size=eval_batch_size, seed=seed,
        learning_rate=learning_rate, use_cpu=True, report_to=[], save_strategy="no", logging_strategy="no",
    )
    return Weighted(
        DistilBertForSequenceClassification(config), arguments, train_dataset=train, eval_dataset=Rows(120, 2), class_weights=weights,
        compute_metrics=lambda given: {"accuracy": float((given.predictions.argmax(-1) == given.label_ids).mean())},
    )


experiment = gonogo.transformers.adapt(make_trainer, task=gonogo.classification(classes=4))
