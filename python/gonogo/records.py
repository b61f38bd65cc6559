"""Step records on their way to gonogo. Losses that are still on a device are read back in groups, once they have been computed:
no step waits for its number. Not here: what a record holds (subject.py)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch

from gonogo.managed import terms_of

Record = dict[str, Any]
#: A record, the numbers that it waits for (null: none), and how they become loss and terms.
Entry = tuple[Record, Any, Callable[[Any], tuple[float, dict[str, float]]]]


class Records:
    """A group fills up, is sealed, and is given out when its losses have arrived; always in order."""

    def __init__(self) -> None:
        self._filling: list[Entry] = []
        self._sealed: list[Group] = []

    def __len__(self) -> int:
        return len(self._filling)

    def add(self, record: Record, result: Any, managed: bool) -> None:
        """`result`: what the step returned. Managed: the terms of the loss. Else a loss, or a dict of it and its terms; a Fault where it is neither."""
        held = _held(result)
        read = _summed if managed else terms_of
        if held is None:
            record["loss"], record["terms"] = read(result)
        self._filling.append((record, held, read))

    def seal(self) -> list[Record]:
        """Closes the group, and returns every record whose loss is there by now."""
        if self._filling:
            self._sealed.append(Group(self._filling))
            self._filling = []
        found: list[Record] = []
        while self._sealed and self._sealed[0].arrived():
            found += self._sealed.pop(0).read()
        return found

    def rest(self) -> list[Record]:
        """Every record that is left; waits for the device."""
        found = self.seal()
        while self._sealed:
            found += self._sealed.pop(0).read()
        return found


class Group:
    """Records whose losses travel together: one copy for each number format, not one for each step."""

    def __init__(self, records: list[Entry]):
        self._records = records
        kinds: dict[Any, list[torch.Tensor]] = {}
        for _, held, _ in records:
            for value in () if held is None else held.values():
                if isinstance(value, torch.Tensor):
                    kinds.setdefault((value.device, value.dtype), []).append(value)
        # Pinned where the device is a GPU, so the copy is queued behind the steps and nobody waits.
        self._copies = {kind: torch.stack(values).to("cpu", non_blocking=True) for kind, values in kinds.items()}
        self._events = [_mark(device) for device in {device for device, _ in kinds}]

    def arrived(self) -> bool:
        return all(event.query() for event in self._events)

    def read(self) -> list[Record]:
        for event in self._events:
            event.synchronize()
        numbers = {kind: iter(copy.to(torch.float64).tolist()) for kind, copy in self._copies.items()}
        for record, held, read in self._records:
            if held is not None:
                found = {name: next(numbers[(value.device, value.dtype)]) if isinstance(value, torch.Tensor) else value for name, value in held.items()}
                record["loss"], record["terms"] = read(found)
        return [record for record, _, _ in self._records]


def _summed(terms: dict[str, Any]) -> tuple[float, dict[str, float]]:
    numbers = {name: term.item() if isinstance(term, torch.Tensor) else term for name, term in terms.items()}
    return sum(numbers.values()), numbers


class _Waited:
    """For devices without events: the copy has waited already."""

    def query(self) -> bool:
        return True

    def synchronize(self) -> None:
        return None


def _mark(device: torch.device) -> Any:
    if device.type != "cuda":
        # A queued copy of an unknown device: wait for all of it, rather than read half a number.
        getattr(getattr(torch, device.type, None), "synchronize", lambda: None)()
        return _Waited()
    event = torch.cuda.Event()
    event.record(torch.cuda.current_stream(device))
    return event


def _held(result: Any) -> dict[str, Any] | None:
    """The numbers of a result that lie on a device, copied there: the program may reuse its tensors. Null: read it now."""
    if isinstance(result, (tuple, list)) and result:
        result = result[0]
    given = result if isinstance(result, dict) else {"loss": result}
    for value in given.values():
        if isinstance(value, torch.Tensor) and not value.is_cpu:
            break
    else:
        return None
    single = {str(name): value for name, value in given.items() if isinstance(value, (int, float)) or (isinstance(value, torch.Tensor) and value.numel() == 1)}
    if len(single) < len(given):
        # Something beside the loss is no number, so the rest is not its terms. Without a loss among them it is an error, told now.
        if "loss" not in single:
            return None
        single = {"loss": single["loss"]}
    return {name: value.detach().reshape(()).clone() if isinstance(value, torch.Tensor) else value for name, value in single.items()}
