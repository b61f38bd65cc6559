"""A Hugging Face project: a tiny BERT from its configuration alone, the Trainer's own collator, callbacks, metrics and schedule."""

import sys
import tempfile
from pathlib import Path

import gonogo
import gonogo.transformers

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from hugging import CLASSES, accuracy, sentences, tiny_bert
from transformers import Trainer, TrainingArguments


def make_trainer(batch_size: int, eval_batch_size: int, seed: int, learning_rate: float = 3e-3):
    arguments = TrainingArguments(
        output_dir=tempfile.gettempdir(),
        per_device_train_batch_size=batch_size,
        per_device_eval_batch_size=eval_batch_size,
        learning_rate=learning_rate,
        lr_scheduler_type="linear",
        warmup_steps=2,
        weight_decay=0.01,
        gradient_accumulation_steps=2,
        use_cpu=True,
        seed=seed,
    )
    return Trainer(tiny_bert(), arguments, train_dataset=sentences(320, 1), eval_dataset=sentences(101, 2), compute_metrics=accuracy)


experiment = gonogo.transformers.adapt(make_trainer, task=gonogo.classification(classes=CLASSES))
