"""Step records on their way to gonogo. Losses that are still on a device are read back in groups, once they have been computed:
no step waits for its number. Not here: what a record holds (subject.py)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch

from gonogo import batches, drawn
from gonogo.managed import terms_of

Record = dict[str, Any]


#: A step as it was done: number, epoch, updates, samples (their ids, or what the record says of them), seconds, wait, and fields of the
#: record beside the usual ones. It keeps neither batch nor result alive.
Taken = tuple[int, int, list[dict[str, Any]], Any, float, float, "Record | None"]
Read = tuple[float, dict[str, float]]
#: A step; its loss and terms, or the numbers that these wait for and how they are made of them.
Entry = tuple[Taken, "Read | None", dict[str, Any], Callable[[Any], Read]]


#: Of an entry whose numbers are there already.
NOTHING: dict[str, Any] = {}


class Records:
    """A group fills up, is sealed, and is given out when its losses have arrived; always in order. What is done once a group is not
    done once a step: a call in the middle of a step costs a microsecond, in a row of equals a tenth."""

    def __init__(self) -> None:
        self.filling: list[Entry] = []
        self._sealed: list[Group] = []

    def add(self, taken: Taken, result: Any, managed: bool, fresh: bool) -> None:
        """`result`: what the step returned. Managed: the terms of the loss. Else a loss, or a dict of it and its terms; a Fault where it is neither.

        Fresh: nothing writes to its tensors again, so they are read with their group, wherever they are.
        """
        if fresh:
            self.filling.append((taken, None, result, summed))
            return
        if type(result) is torch.Tensor and result.is_cpu and result.numel() == 1:
            # Read now: the program may write to it. The usual end of a step of a project's own, so it has no further call.
            loss = float(result.item())
            self.filling.append((taken, (loss, {"loss": loss}), NOTHING, terms_of))
            return
        held, read = _held(result), summed if managed else terms_of
        self.filling.append((taken, None, held, read) if held is not None else (taken, read(result), {}, read))

    def seal(self) -> list[Record]:
        """Closes the group, and returns what is to be sent of every record whose loss is there by now."""
        if self.filling:
            self._sealed.append(Group(self.filling))
            self.filling = []
        found: list[Record] = []
        while self._sealed and self._sealed[0].arrived():
            found += self._sealed.pop(0).items()
        return found

    def rest(self) -> list[Record]:
        """The same of every record that is left; waits for the device."""
        found = self.seal()
        while self._sealed:
            found += self._sealed.pop(0).items()
        return found


class Group:
    """Records whose losses travel together: one copy for each number format, not one for each step."""

    def __init__(self, entries: list[Entry]):
        self._entries = entries
        kinds: dict[Any, list[torch.Tensor]] = {}
        for _, _, held, _ in entries:
            for value in held.values():
                if isinstance(value, torch.Tensor):
                    kinds.setdefault((value.device, value.dtype), []).append(value)
        # Pinned where the device is a GPU, so the copy is queued behind the steps and nobody waits.
        self._copies = {kind: torch.stack(values).to("cpu", non_blocking=True) for kind, values in kinds.items()}
        self._events = [_mark(device) for device in {device for device, _ in kinds}]

    def arrived(self) -> bool:
        return all(event.query() for event in self._events)

    def items(self) -> list[Record]:
        """As they travel: usual records in one item, as columns, which src/engine/columns.ts unpacks; others one by one."""
        for event in self._events:
            event.synchronize()
        numbers = {kind: iter(copy.to(torch.float64).tolist()) for kind, copy in self._copies.items()}
        taken, read = [], []
        for step, done, held, how in self._entries:
            taken.append(step)
            if done is None:
                found = {}
                for name, value in held.items():
                    found[name] = next(numbers[(value.device, value.dtype)]) if isinstance(value, torch.Tensor) else value
                done = (sum(found.values()), found) if how is summed else how(found)
            read.append(done)
        usual = all(step[6] is None and type(step[3]) is not dict for step in taken)
        return [{"columns": _columns(taken, read)}] if usual else [_record(step, done) for step, done in zip(taken, read)]


def _record(taken: Taken, done: Read) -> Record:
    step, epoch, updates, samples, seconds, wait, more = taken
    if type(samples) is not dict:
        samples = drawn.told(samples)
    record = {"step": step, "epoch": epoch, "updates": updates, "samples": samples, "seconds": seconds, "wait": wait, "loss": done[0], "terms": done[1]}
    return record if more is None else {**record, **more}


def _columns(taken: list[Taken], read: list[Read]) -> dict[str, Any]:
    steps, epochs, updates, samples, seconds, waits, _ = zip(*taken)
    losses, terms = zip(*read)
    names = _runs(list(map(tuple, terms)))
    columns: dict[str, Any] = {
        "step": steps[0],
        "epoch": _runs(epochs),
        "updates": _runs(updates),
        "count": _runs(list(map(len, samples))),
        "digest": list(map(batches.ids_digest, samples)),
        "seconds": seconds,
        "wait": waits,
        "loss": losses,
        "names": names,
    }
    if any(len(one) != 1 for one in names[::2]):
        columns["terms"] = [list(one.values()) for one in terms]
    return columns


def unpacked(items: list[Record]) -> list[Record]:
    """The records of a group, one by one again."""
    return [record for item in items for record in (_rows(item["columns"]) if "columns" in item else [item])]


def _rows(columns: dict[str, Any]) -> list[Record]:
    epochs, updates, counts, names = ([value for value, often in zip(runs[::2], runs[1::2]) for _ in range(often)] for runs in map(columns.get, ("epoch", "updates", "count", "names")))
    records = []
    for i, digest in enumerate(columns["digest"]):
        values = columns["terms"][i] if "terms" in columns else [columns["loss"][i]]
        record = {"step": columns["step"] + i, "epoch": epochs[i], "updates": updates[i], "samples": {"count": counts[i], "digest": digest}}
        records.append({**record, **{name: columns[name][i] for name in ("seconds", "wait", "loss")}, "terms": dict(zip(names[i], values))})
    records[-1].update(columns.get("last", {}))
    return records


def told(items: list[Record], more: Record) -> list[Record]:
    """With fields that the last record has besides."""
    last = items[-1]
    if "columns" in last:
        last["columns"]["last"] = {**last["columns"].get("last", {}), **more}
    else:
        last.update(more)
    return items


def summed(terms: dict[str, Any]) -> Read:
    """Of a managed step's terms, tensors or numbers."""
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


def _runs(values: Sequence[Any]) -> list[Any]:
    """[value, how often, value, how often, …]"""
    found: list[Any] = []
    for value in values:
        if found and found[-2] == value:
            found[-1] += 1
        else:
            found += [value, 1]
    return found
