"""batch_eval_metrics with the mean of the means of batches, a last short one included."""

import sys
from pathlib import Path

import gonogo
import gonogo.transformers

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from hugging import CLASSES, make

means = []


def accuracy(prediction, compute_result):
    means.append(float((prediction.predictions.argmax(-1) == prediction.label_ids).float().mean()))
    if compute_result:
        result = {"accuracy": sum(means) / len(means)}
        means.clear()
        return result


experiment = gonogo.transformers.adapt(make(metrics=accuracy, batch_eval_metrics=True), task=gonogo.classification(classes=CLASSES))
