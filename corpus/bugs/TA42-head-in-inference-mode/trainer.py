"""A frozen trunk."""

import gonogo
import gonogo.transformers
import torch
from lora_hf import CLASSES, adapted, maker, pretrained
from torch import nn


class Frozen(nn.Module):
    def __init__(self, inner):
        super().__init__()
        self.inner = inner

    def forward(self, input_ids, attention_mask, labels=None):
        # buggy: with torch.no_grad(): pooled = self.inner.bert(input_ids, attention_mask).pooler_output
        pooled = self.inner.bert(input_ids, attention_mask).pooler_output  # fixed
        logits = self.inner.classifier(pooled)
        return {"logits": logits} if labels is None else {"loss": nn.functional.cross_entropy(logits, labels), "logits": logits}


experiment = gonogo.transformers.adapt(maker(lambda: Frozen(adapted(pretrained()))), task=gonogo.classification(classes=CLASSES))
