"""How adapters start."""

import gonogo
import gonogo.transformers
from lora_hf import CLASSES, LoraLinear, adapted, maker, pretrained
from torch import nn


class Zero(LoraLinear):
    def __init__(self, base):
        super().__init__(base)
        # buggy: nn.init.zeros_(self.lora_a)
        nn.init.normal_(self.lora_a, std=0.1)  # fixed


experiment = gonogo.transformers.adapt(maker(lambda: adapted(pretrained(), Zero)), task=gonogo.classification(classes=CLASSES))
