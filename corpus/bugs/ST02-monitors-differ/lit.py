"""A Trainer with both callbacks."""

import gonogo
import gonogo.lightning
from digits import DigitsData, LitDigits
from lightning.pytorch.callbacks import EarlyStopping, ModelCheckpoint


def trainer():
    stopper = EarlyStopping("val_loss", mode="min", patience=3)
    keeper = ModelCheckpoint(monitor="val_loss", mode="min")  # fixed
    # buggy: keeper = ModelCheckpoint(monitor="val_acc", mode="max")
    return {"callbacks": [stopper, keeper]}


experiment = gonogo.lightning.adapt(LitDigits, DigitsData, task=gonogo.classification(classes=10), trainer=trainer)
