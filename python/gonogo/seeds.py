"""Named streams of one root seed, and the state of every generator that PyTorch code draws from.
Not here: generators that an experiment makes itself (found.py finds those)."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch

Tree = Any


def stream(seed: int, name: str) -> int:
    """63 bits for one consumer. A new name shifts no other stream."""
    return int.from_bytes(hashlib.sha256(f"gonogo/{seed}/{name}".encode()).digest()[:8], "little") >> 1


def seed_all(seed: int, name: str) -> None:
    """Puts Python's, NumPy's and PyTorch's global generators at the start of a stream."""
    value = stream(seed, name)
    random.seed(value)
    np.random.seed(value & 0xFFFF_FFFF)
    torch.manual_seed(value)


def permutation(seed: int, epoch: int, count: int) -> Any:
    """The order of an epoch: a function of (seed, epoch), so a resume needs no replay. int64 [count], to be cut into slices."""
    if count > LISTED:
        return Shuffled(stream(seed, f"order/{epoch}"), count)
    return np.random.Generator(np.random.Philox(key=stream(seed, f"order/{epoch}"))).permutation(count)


#: Samples whose order is kept as a list, 128 MB of it.
LISTED = 1 << 24


class Shuffled:
    """An order of any length without a list of it: four rounds of a Feistel network over the next power of four, walked on until inside."""

    def __init__(self, key: int, count: int):
        self._count = count
        self._half = (max(2, (count - 1).bit_length()) + 1) // 2
        self._keys = np.random.Generator(np.random.Philox(key=key)).integers(0, 1 << 63, 4, dtype=np.uint64)

    def __len__(self) -> int:
        return self._count

    def __getitem__(self, places: slice) -> np.ndarray:
        wanted = np.arange(*places.indices(self._count), dtype=np.uint64)
        found = self._mixed(wanted)
        while (beyond := found >= self._count).any():
            found[beyond] = self._mixed(found[beyond])
        return found.astype(np.int64)

    def _mixed(self, values: np.ndarray) -> np.ndarray:
        half, mask = np.uint64(self._half), np.uint64((1 << self._half) - 1)
        left, right = values >> half, values & mask
        for key in self._keys:
            # splitmix64's finaliser; whole numbers wrap, as they should
            mixed = (right + key) * np.uint64(0x9E3779B97F4A7C15)
            mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
            mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
            left, right = right, left ^ ((mixed ^ (mixed >> np.uint64(31))) & mask)
        return (left << half) | right


def get_generator(generator: Any) -> Tree:
    """State of one generator as tensors and plain values, which a weights-only load accepts."""
    if isinstance(generator, torch.Generator):
        return generator.get_state()
    if isinstance(generator, random.Random):
        version, words, gauss = generator.getstate()
        return {"version": version, "words": torch.tensor(words, dtype=torch.int64), "gauss": gauss}
    if isinstance(generator, np.random.RandomState):
        _, keys, position, has_gauss, cached = generator.get_state(legacy=True)
        return {"keys": torch.from_numpy(keys.astype(np.int64)), "position": int(position), "has_gauss": int(has_gauss), "cached": float(cached)}
    return _tensors(generator.bit_generator.state)


def set_generator(generator: Any, state: Tree) -> None:
    if isinstance(generator, torch.Generator):
        generator.set_state(state.clone())
    elif isinstance(generator, random.Random):
        generator.setstate((state["version"], tuple(state["words"].tolist()), state["gauss"]))
    elif isinstance(generator, np.random.RandomState):
        keys = state["keys"].numpy().astype(np.uint32)
        generator.set_state(("MT19937", keys, state["position"], state["has_gauss"], state["cached"]))
    else:
        generator.bit_generator.state = _arrays(state)


def _tensors(state: Any) -> Any:
    if isinstance(state, dict):
        return {key: _tensors(value) for key, value in state.items()}
    if isinstance(state, np.ndarray):
        # PyTorch below 2.3 has no unsigned 64-bit integers: the same bits, signed.
        return {"dtype": str(state.dtype), "bits": torch.from_numpy(state.view(np.int64 if state.itemsize == 8 else np.int32).copy())}
    return int(state) if isinstance(state, np.integer) else state


def _arrays(state: Any) -> Any:
    if isinstance(state, dict) and state.keys() == {"dtype", "bits"}:
        return state["bits"].numpy().view(state["dtype"]).copy()
    return {key: _arrays(value) for key, value in state.items()} if isinstance(state, dict) else state


def get_all() -> Tree:
    """State of the global generators."""
    state = {
        "python": get_generator(random._inst),  # type: ignore[attr-defined]
        "numpy": get_generator(np.random.mtrand._rand),
        "torch": torch.get_rng_state(),
    }
    if torch.cuda.is_available() and torch.cuda.is_initialized():
        state["cuda"] = torch.cuda.get_rng_state_all()
    return state


def set_all(state: Tree) -> None:
    set_generator(random._inst, state["python"])  # type: ignore[attr-defined]
    set_generator(np.random.mtrand._rand, state["numpy"])
    torch.set_rng_state(state["torch"])
    if "cuda" in state and torch.cuda.is_available():
        # A checkpoint may come from a machine with more of them.
        torch.cuda.set_rng_state_all(state["cuda"][: torch.cuda.device_count()])


@contextmanager
def noise_of(probe: Any, seed: int) -> Iterator[None]:
    """As an evaluation asks: `sameNoise` puts the global generators back afterwards, and `otherNoise` begins from others and puts them back."""
    if not probe.get("sameNoise", False) and not probe.get("otherNoise", False):
        yield
        return
    with kept():
        if probe.get("otherNoise", False):
            seed_all(seed, "evaluation/other")
        yield


@contextmanager
def kept() -> Iterator[None]:
    """Whatever is drawn inside, the global generators are where they were afterwards."""
    state = get_all()
    try:
        yield
    finally:
        set_all(state)
