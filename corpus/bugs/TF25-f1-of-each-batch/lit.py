"""Macro F1 by scikit-learn or torchmetrics."""

import gonogo
import gonogo.lightning
from digits import DigitsData, LitDigits
from sklearn.metrics import f1_score
from torch.nn import functional as F
from torchmetrics.classification import MulticlassF1Score


class Scored(LitDigits):
    def __init__(self, width: int = 8, dropout: float = 0.2, lr: float = 0.01):
        super().__init__(width, dropout, lr)
        self.f1 = MulticlassF1Score(10, average="macro")

    def validation_step(self, batch, batch_idx):
        x, y = batch
        logits = self(x)
        self.log("val_loss", F.cross_entropy(logits, y))
        self.f1.update(logits, y)  # fixed
        self.log("val_f1", self.f1)  # fixed
        # buggy: score = f1_score(y.cpu().numpy(), logits.argmax(1).cpu().numpy(), average="macro", zero_division=0)
        # buggy: self.log("val_f1", float(score), on_epoch=True, batch_size=len(y))


experiment = gonogo.lightning.adapt(
    Scored, DigitsData, task=gonogo.custom(), objective="f1", directions={"f1": "max"}, metrics={"val_f1": "f1"}
)
