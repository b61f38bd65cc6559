"""The healthy classifier with checks of its own. `bug` plants what each of them is there for."""

import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

sys.path.insert(0, str(Path(__file__).resolve().parents[3] / "corpus/shared/torch"))

import classifier
import gonogo
import torch


@dataclass
class Config(classifier.Config):
    bug: Literal["none", "zeroed", "crash", "no-answer", "hang"] = "none"


class Watched(classifier.Classifier, gonogo.Experiment[Config]):
    @gonogo.check("weights-spread")
    def weights_spread(self, subject):
        if self.config.bug == "zeroed":
            with torch.no_grad():
                self.model.head.weight.zero_()
        spread = self.model.head.weight.std()
        said = {"seen": {"deviation": spread}, "expected": "above 0"}
        return gonogo.go("the head has weights of its own", **said) if spread > 0 else gonogo.no_go("the head is all zeros", **said)


@gonogo.check(at="trained", after=["O1"])
def learns_early(subject):
    bug = subject.config.bug
    if bug == "crash":
        raise RuntimeError("a mistake in the check")
    if bug == "no-answer":
        return None
    if bug == "hang":
        time.sleep(3600)
    first, last = (subject.train(1)[0]["loss"] for _ in range(2))
    accuracy = subject.evaluate()["metrics"]["accuracy"]
    return gonogo.go("it trains on", seen=f"loss {first:.3f}, then {last:.3f}; accuracy {accuracy:.2f}", expected="numbers", numbers={"first": first})
