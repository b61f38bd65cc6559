"""One batch as a feed gives it, and what a step's record says of its samples.
Not here: where it comes from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from gonogo import batches


@dataclass(slots=True)
class Drawn:
    """One batch; `ids` is null where the loader does not tell them."""

    batch: Any
    ids: Sequence[int] | None
    #: This rank's part of the global batch, by samples; None where the batch is the whole of it.
    share: float | None = None

    def samples(self) -> dict[str, Any]:
        return told(self.ids) if self.ids is not None else {"count": batches.count(self.batch), "digest": batches.bytes_digest(self.batch)}


def told(ids: Sequence[int]) -> dict[str, Any]:
    return {"count": len(ids), "digest": batches.ids_digest(ids)}
