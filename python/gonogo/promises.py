"""What an opened experiment can be asked, with the reason where it cannot, and what holds for it by construction.
Not here: the answers (subject.py, probes.py)."""

from __future__ import annotations

from typing import Any

from gonogo import opening, probes
from gonogo.evaluation import Split
from gonogo.experiment import defines


def abilities(subject: Any, kind: type, validation: Split, scored: list[Any]) -> dict[str, Any]:
    """`can` of the facts. `scored`: the modules whose calls give the outputs of an evaluation."""

    def unless(reason: str | None) -> Any:
        return "yes" if reason is None else {"no": reason}

    return {
        "frozenBatch": "yes",
        "regularisationOff": "yes",
        "gradients": "yes",
        "evaluateAnyBatchSize": unless(validation.fixed()),
        "perSample": unless(None if scored else "there is no self.model, so the outputs of each sample are not seen"),
        "reset": "yes",
        "persist": "yes",
        "sampleIds": unless(subject.feed().blind),
        "freshProcess": unless(opening.stays),
        "configSchema": unless(opening.schema_of(kind)[1]),
        **probes.abilities(subject),
    }


def guarantees(subject: Any, kind: type) -> dict[str, str]:
    held = {}
    if subject.managed_evaluation and not defines(kind, "loss") and not defines(kind, "metrics"):
        held["evaluationIsPure"] = "the managed evaluation runs in eval mode without gradients, and puts each module's mode and the generators back"
        held["metricsArePerSample"] = "the managed evaluation sums each sample's loss and accuracy in float64 and divides once"
    if not subject.manual_checkpoint:
        held["checkpointCoversState"] = "the managed checkpoint holds every section that the harness finds"
        held["weightsArePlain"] = "the managed checkpoint is safetensors"
    if subject.managed_steps:
        held["gradientsStartAtZero"] = "the managed step clears every optimizer's gradients after its update"
    if opening.schema_of(kind)[0] is not None:
        held["configIsStrict"] = "gonogo checks config against the schema of the Config dataclass"
    return held
