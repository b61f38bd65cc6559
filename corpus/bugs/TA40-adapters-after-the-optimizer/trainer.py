"""When adapters come."""

import gonogo
import gonogo.transformers
from lora_hf import CLASSES, adapted, maker, pretrained
from transformers import Trainer


class Late(Trainer):
    def create_optimizer(self, model=None):
        adapted(self.model)  # fixed
        optimizer = super().create_optimizer()
        # buggy: adapted(self.model)
        return optimizer


experiment = gonogo.transformers.adapt(maker(pretrained, Late), task=gonogo.classification(classes=CLASSES))
