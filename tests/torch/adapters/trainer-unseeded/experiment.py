"""A collator that drops words by a generator that nobody seeds."""

import sys
from pathlib import Path

import gonogo
import gonogo.transformers

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
import numpy as np
from hugging import CLASSES, make
from transformers import default_data_collator

noise = np.random.default_rng()


def collate(samples):
    dropped = [{**one, "input_ids": [0 if noise.random() < 0.1 else word for word in one["input_ids"]]} for one in samples]
    return default_data_collator(dropped)


experiment = gonogo.transformers.adapt(make(collator=collate), task=gonogo.classification(classes=CLASSES))
