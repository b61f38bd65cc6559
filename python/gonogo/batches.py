"""Batches as plain facts: how many samples, which tensors, their digests; and what passes on its way to a step or an evaluation.
Not here: which batch comes next (feed.py)."""

from __future__ import annotations

import hashlib
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import torch

INPUTS = ("input", "inputs", "image", "images", "pixel_values", "input_ids", "x")
TARGETS = ("label", "labels", "target", "targets", "y")
#: Objects within objects are looked at this far: some refer to each other.
DEEPEST = 4


def fields(batch: Any) -> dict[str, Any]:
    """Parts of a batch or a sample by name: the first is the input, the second the target."""
    if isinstance(batch, Mapping):  # BatchEncoding of Transformers is no dict
        return {str(key): value for key, value in batch.items()}
    if isinstance(batch, (list, tuple)):
        named = ("input", "target")
        return {named[index] if index < 2 else f"field{index}": value for index, value in enumerate(batch)}
    return {"input": batch}


def input_of(batch: Any) -> Any:
    return batch[0] if type(batch) in (tuple, list) and batch else fields(batch).get(input_name(batch))


def target_of(batch: Any) -> Any:
    return batch[1] if type(batch) in (tuple, list) and len(batch) > 1 else fields(batch).get(target_name(batch))


def input_name(batch: Any) -> str:
    return _pick(fields(batch), INPUTS, 0)


def target_name(batch: Any) -> str:
    """Of the field; '' where there is none."""
    return _pick(fields(batch), TARGETS, 1)


def _pick(found: dict[str, Any], names: Sequence[str], place: int) -> str:
    for name in names:
        if name in found:
            return name
    known = list(found)
    return known[place] if place < len(known) else ""


def count(batch: Any) -> int:
    """Samples in a batch: the leading size of its first tensor, or the length of a list of one thing a sample."""
    parts = list(fields(batch).values())
    for value in parts:
        if isinstance(value, (torch.Tensor, np.ndarray)) and value.ndim > 0:
            return len(value)
        if isinstance(value, (list, tuple, Mapping)) and len(value) > 0:
            holds_tensors = any(isinstance(one, (torch.Tensor, np.ndarray)) for one in fields(value).values())
            return count(value) if holds_tensors and not _one_a_sample(value, parts) else len(value)
    return 1


def _one_a_sample(value: Any, parts: list[Any]) -> bool:
    """A list with a tensor for each sample (pictures of different sizes, boxes), and not parts of the input that are all as long as
    the batch. Then what stands beside it is as long as the list, and what the lists hold is not all of one length."""
    if not isinstance(value, (list, tuple)) or any(hasattr(one, "__len__") and getattr(one, "ndim", 1) and len(one) != len(value) for one in parts):
        return False
    held = [one for part in parts if isinstance(part, (list, tuple)) for one in part]
    sizes = {len(one) for one in held if hasattr(one, "__len__") and getattr(one, "ndim", 1)}
    beside = any(isinstance(one, (torch.Tensor, np.ndarray)) for one in parts)
    return len(sizes) > 1 or any(isinstance(one, Mapping) for one in held) or (beside and sizes != {len(value)})


def ids_digest(ids: Sequence[int]) -> str:
    return hashlib.blake2b(np.asarray(ids, dtype=np.int64).tobytes(), digest_size=8).hexdigest()


def bytes_digest(value: Any) -> str:
    """Digest of what a batch or a sample holds, decoded."""
    hashed = hashlib.blake2b(digest_size=8)
    _feed(hashed, value)
    return hashed.hexdigest()


def held_in(value: Any) -> Iterator[tuple[str, Any]]:
    """What an object holds, by name."""
    slots = [name for kind in type(value).__mro__ for name in _names(getattr(kind, "__slots__", ()))]
    yield from getattr(value, "__dict__", {}).items()
    yield from ((name, getattr(value, name)) for name in slots if hasattr(value, name) and not name.startswith("__"))


def _names(slots: Any) -> Sequence[str]:
    return (slots,) if isinstance(slots, str) else tuple(slots)


def dense(tensor: torch.Tensor) -> torch.Tensor:
    """As numbers that lie one after another in memory, on the CPU: sparse ones filled up, conjugates and negatives resolved."""
    flat = tensor.detach()
    if flat.is_quantized:
        flat = flat.int_repr()
    if flat.layout != torch.strided:
        flat = flat.to_dense()
    return flat.resolve_conj().resolve_neg().cpu().contiguous()


def size_of(value: Any) -> int:
    """Bytes of an array's numbers; 0 of anything else."""
    if isinstance(value, torch.Tensor):
        return value.numel() * value.element_size() if value.layout == torch.strided else 16 * value._nnz() if value.layout == torch.sparse_coo else 0
    return int(value.nbytes) if isinstance(value, np.ndarray) else 0


def _feed(hashed: Any, value: Any, depth: int = 0) -> None:
    if isinstance(value, torch.Tensor):
        flat = dense(value)
        hashed.update(f"{flat.dtype}{tuple(flat.shape)}".encode())
        hashed.update(memoryview(flat.reshape(-1).view(torch.uint8).numpy()))
    elif isinstance(value, Mapping):
        for key, item in value.items():
            hashed.update(str(key).encode())
            _feed(hashed, item, depth)
    elif isinstance(value, (list, tuple)):
        for item in value:
            _feed(hashed, item, depth)
    elif isinstance(value, (str, bytes, int, float, bool, type(None), np.generic)):
        hashed.update(repr(value).encode())
    else:
        array = np.asarray(value)
        if array.dtype != object:
            hashed.update(f"{array.dtype}{array.shape}".encode() + np.ascontiguousarray(array).tobytes())
            return
        # An object of the project's own (a namespace, a graph): numpy would give its address, which no two processes share.
        hashed.update(type(value).__qualname__.encode())
        within = list(array.flat) if isinstance(value, np.ndarray) else list(held_in(value))
        for item in within if depth < DEEPEST else ():
            _feed(hashed, item, depth + 1)


def sliced(batch: Any, stop: int, size: int | None = None) -> Any:
    """The first samples of a batch. `size`: of the whole batch that this is a part of."""
    if isinstance(batch, (torch.Tensor, np.ndarray)):
        return batch[:stop]
    inside = count(batch) if size is None else size
    if isinstance(batch, Mapping):
        inner = {key: sliced(value, stop, inside) for key, value in batch.items()}
        return inner if type(batch) is dict else type(batch)(inner)  # type: ignore[call-arg]
    if isinstance(batch, tuple) and hasattr(batch, "_fields"):
        return type(batch)(*(sliced(value, stop, inside) for value in batch))
    if isinstance(batch, (list, tuple)):
        if size is not None and len(batch) == size and any(not isinstance(one, (torch.Tensor, np.ndarray)) or one.ndim == 0 or len(one) != size for one in batch):
            return batch[:stop]  # one thing for each sample
        holds_parts = any(isinstance(value, (torch.Tensor, np.ndarray, Mapping, list, tuple)) for value in batch)
        return type(batch)(sliced(value, stop, inside) for value in batch) if holds_parts else batch[:stop]
    return batch


def comes_whole(loader: Any) -> bool:
    """A loader that puts no samples together: its batches are what the data set calls one, a graph say, and cannot be cut."""
    return isinstance(loader, torch.utils.data.DataLoader) and loader.batch_sampler is None and loader.batch_size is None


def indexed(dataset: Any) -> bool:
    """Samples can be reached by index. A stream inherits a __getitem__ that only raises."""
    return hasattr(dataset, "__getitem__") and not isinstance(dataset, torch.utils.data.IterableDataset)


def fetch(dataset: Any, indices: Sequence[int], collate: Callable[[list[Any]], Any]) -> Any:
    """One batch of a map-style data set."""
    if hasattr(dataset, "batch"):
        return dataset.batch(indices)
    return collate([dataset[int(index)] for index in indices])


class Slices:
    """A data set's samples in order, batch by batch: what a managed evaluation or the user's evaluate() goes through."""

    def __init__(
        self, dataset: Any, samples: int, batch_size: int, collate: Callable[[list[Any]], Any], start: int = 0, stop: int | None = None,
        indices: Sequence[int] | None = None,
    ):
        from torch.utils.data import Subset

        whole = samples == len(dataset) and indices is None
        self._indices = np.arange(samples) if indices is None else np.asarray(indices, dtype=np.int64)
        self.dataset = dataset if whole else Subset(dataset, self._indices.tolist())
        self.batch_size = batch_size
        self._all, self._collate = dataset, collate
        # One rank's part of the samples; `dataset` and the batch size are as without ranks.
        self._start, self._stop = start, samples if stop is None else stop

    def __len__(self) -> int:
        return -(-(self._stop - self._start) // self.batch_size)

    def __iter__(self) -> Iterator[Any]:
        for start in range(self._start, self._stop, self.batch_size):
            yield fetch(self._all, self._indices[start : min(start + self.batch_size, self._stop)], self._collate)


class Cancelled(BaseException):
    """gonogo wants the evaluation no more. Not an Exception: an evaluation that goes on after errors must not go on after this."""


class _Noted:
    """A batch sampler that notes how many samples each of its batches has."""

    def __init__(self, inner: Any, sizes: deque[int]):
        self._inner, self._sizes = inner, sizes

    def __iter__(self) -> Iterator[Any]:
        for one in self._inner:
            self._sizes.append(len(one))
            yield one

    def __len__(self) -> int:
        return len(self._inner)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)


def with_sizes(loader: Any) -> Iterator[tuple[Any, int | None]]:
    """Batches, and how many samples the loader has put into each, where it tells: a collate function may make of them what it likes."""
    if isinstance(loader, Slices):
        left = loader._stop - loader._start
        for batch in loader:
            yield batch, min(left, loader.batch_size)
            left -= loader.batch_size
        return
    sampler = getattr(loader, "batch_sampler", None)
    plain = isinstance(loader, torch.utils.data.DataLoader) and type(loader).__iter__ is torch.utils.data.DataLoader.__iter__
    # kept workers go on with the sampler that they began with
    if not plain or sampler is None or isinstance(sampler, _Noted) or loader.persistent_workers or not getattr(loader, "in_order", True):
        for batch in loader:
            yield batch, None
        return
    sizes: deque[int] = deque()
    held = loader.__dict__.get("batch_sampler")
    loader.__dict__["batch_sampler"] = _Noted(sampler, sizes)  # DataLoader refuses the assignment; its instance dictionary does not
    try:
        iterator = iter(loader)
    finally:
        loader.__dict__["batch_sampler"] = held
    for batch in iterator:
        yield batch, sizes.popleft() if sizes else None


def samples_in(batch: Any, known: int | None) -> int:
    """Samples in a batch that was put together from `known` ones. The leading sizes of its tensors, unless time comes first, or the
    batch is an object of the project's own."""
    told = count(batch)
    if known is None or told == known:
        return told
    parts = list(fields(batch).values())
    opaque = not any(isinstance(one, (torch.Tensor, np.ndarray, list, tuple, Mapping)) for one in parts)
    return known if opaque or any(along_second(one, known) for one in parts) else told


def along_second(value: Any, size: int) -> bool:
    """A tensor of [time, samples, …], as recurrent nets and PyTorch's own transformers take it."""
    return isinstance(value, (torch.Tensor, np.ndarray)) and value.ndim > 1 and value.shape[1] == size != len(value)


class Tap:
    """A loader as it was, that reports each batch as it passes. Stops after `limit` samples where it is given."""

    def __init__(self, loader: Any, limit: int | None = None, passing: Callable[[Any, int], None] | None = None, cancelled: Callable[[], bool] | None = None):
        self._loader, self._limit, self._passing, self._cancelled = loader, limit, passing, cancelled
        self._whole = comes_whole(loader)
        #: The last batch comes whole, beyond the limit: cut short it were none that this loader gives.
        self.uncut = False
        #: What is done to each batch first.
        self.change: Callable[[Any], Any] | None = None
        #: Sees each batch as it comes.
        self.look: Callable[[Any], None] | None = None
        #: Told where a pass begins after another.
        self.again: Callable[[], None] | None = None
        #: Of the longest pass: an evaluation may go through its loader twice, or look at its first batch.
        self.samples = self.batches = 0
        #: Samples of the batch at hand, and what each batch had.
        self.size = 0
        self.sizes: set[int] = set()
        self._passes = 0

    def __iter__(self) -> Iterator[Any]:
        self._passes += 1
        if self._passes > 1 and self.again is not None:
            self.again()
        samples = made = 0
        for batch, known in with_sizes(self._loader):
            if self._cancelled is not None and self._cancelled():
                raise Cancelled
            size = samples_in(batch, known)
            if self._limit is not None and samples + size > self._limit and not self._whole and not (self.uncut and size <= self._limit):
                size = self._limit - samples
                batch = sliced(batch, size)
            if size <= 0:
                break
            samples += size
            made += 1
            self.size = size
            self.sizes.add(size)
            self.samples, self.batches = max(samples, self.samples), max(made, self.batches)
            if self.look is not None:
                self.look(batch)
            if self.change is not None:
                batch = self.change(batch)
            if self._passing is not None:
                self._passing(batch, size)
            yield batch
            if self._limit is not None and samples >= self._limit:
                break

    def __len__(self) -> int:
        return len(self._loader)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._loader, name)
