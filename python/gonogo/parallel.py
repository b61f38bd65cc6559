"""Data parallel: this process among those that train together, its share of a batch, and sums over all of them.
Not here: a project's own DistributedDataParallel, which is left as it is; and what each rank saves (rankfile.py)."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch

from gonogo.errors import Fault
from gonogo.samplers import sampler_of

#: Gradients travel in pieces of at most this many bytes.
BUCKET = 25 * 1024 * 1024


@dataclass(frozen=True)
class World:
    """Rank `rank` of `size`. `address`, where they meet, is None for a process that is alone."""

    rank: int = 0
    size: int = 1
    address: str | None = None

    def share(self, count: int) -> slice:
        """This rank's part of `count` samples in order: parts differ by one at most, and the first ranks have the longer."""
        return slice(-(-count * self.rank // self.size), -(-count * (self.rank + 1) // self.size))

    def equal_share(self, items: Sequence[Any]) -> Any:
        """A part as long as every other rank's; the first items fill up the last part, as DistributedSampler does."""
        each = -(-len(items) // self.size)
        return [items[index % len(items)] for index in range(self.rank * each, (self.rank + 1) * each)]


def world_of(request: dict[str, Any]) -> World:
    """The World of an OpenRequest. Refuses a batch that cannot be dealt out evenly."""
    world = World(**(request.get("world") or {}))
    size = request["batchSize"]
    if size % world.size != 0:
        raise Fault(
            "WORLD_BATCH", "the batch cannot be dealt out evenly", seen=f"train.batch_size: {size}, world: {world.size}",
            expected="a batch size that the number of processes divides: it is that of all of them together",
            **{"try": f"train.batch_size: {max(1, round(size / world.size)) * world.size}"},
        )
    return world


def local_index(world: World, wanted: str) -> int:
    """Which of this machine's GPUs is this rank's."""
    index = int(os.environ.get("LOCAL_RANK", world.rank)) if world.address is not None else 0
    count = torch.cuda.device_count() if wanted != "cpu" and torch.cuda.is_available() else None
    if count is not None and index >= count:
        raise Fault(
            "WORLD_DEVICES", "there are fewer GPUs than processes", where="world", seen=f"{count} of CUDA, world: {world.size}", expected="a GPU for each process",
            **{"try": f"world: {count}, or device: cpu"},
        )
    return index


class Group:
    """The process group of a managed step or evaluation. Every method is called on all ranks, in the same order."""

    def __init__(self, world: World, device: torch.device):
        import torch.distributed as distributed

        self.world, self._distributed = world, distributed
        if not distributed.is_available():
            raise Fault("DISTRIBUTED_MISSING", "this PyTorch cannot train with several processes", seen="torch.distributed is not built in", expected="world: 1")
        if device.type == "cuda":
            torch.cuda.set_device(device)
        if not distributed.is_initialized():
            distributed.init_process_group("nccl" if device.type == "cuda" else "gloo", rank=world.rank, world_size=world.size)

    def broadcast(self, tensors: Iterable[torch.Tensor]) -> None:
        """Rank 0's values on every rank."""
        with torch.no_grad():
            for bucket in _buckets(tensors):
                flat = torch.cat([one.detach().reshape(-1) for one in bucket])
                self._distributed.broadcast(flat, 0)
                for one, value in zip(bucket, flat.split([one.numel() for one in bucket])):
                    one.copy_(value.view(one.shape))

    @contextmanager
    def of_rank_0(self, tensors: Iterable[torch.Tensor]) -> Iterator[None]:
        """Rank 0's values on every rank for a while."""
        held = [(one, one.detach().clone()) for one in tensors]
        self.broadcast(one for one, _ in held)
        try:
            yield
        finally:
            with torch.no_grad():
                for one, value in held:
                    one.copy_(value)

    def sum_gradients(self, parameters: Iterable[torch.Tensor]) -> None:
        """Each gradient becomes the sum over the ranks, bitwise equal on all of them; one that no rank has stays None."""
        wanted = [one for one in parameters if one.requires_grad and one.is_leaf]
        if any(one.grad is not None and one.grad.layout != torch.strided for one in wanted):
            raise Fault("WORLD_SPARSE", "sparse gradients cannot be summed over processes here", seen="a sparse gradient", expected="Embedding(sparse=False), or world: 1")
        pending = []
        for bucket in _buckets(wanted):
            parts = [torch.zeros_like(one) if one.grad is None else one.grad for one in bucket]
            # At the end of each piece: on how many ranks each of its gradients exists.
            there = torch.tensor([one.grad is not None for one in bucket], dtype=bucket[0].dtype, device=bucket[0].device)
            flat = torch.cat([*(part.detach().reshape(-1) for part in parts), there])
            pending.append((bucket, flat, self._distributed.all_reduce(flat, async_op=True)))
        for bucket, flat, work in pending:
            work.wait()
            *values, there = flat.split([*(one.numel() for one in bucket), len(bucket)])
            for one, value, ranks in zip(bucket, values, there.tolist()):
                if one.grad is not None:
                    one.grad.copy_(value.view(one.shape))
                elif ranks > 0:
                    one.grad = value.view(one.shape).clone()

    def total(self, sums: dict[str, float], count: int) -> tuple[dict[str, float], int]:
        """Sums over the samples of every rank, added in the order of the ranks, in float64."""
        found: list[Any] = [None] * self.world.size
        self._distributed.all_gather_object(found, (sums, count))
        names = dict.fromkeys(name for part, _ in found for name in part)
        return {name: sum(part.get(name, 0.0) for part, _ in found) for name in names}, sum(size for _, size in found)


def _buckets(tensors: Iterable[torch.Tensor]) -> list[list[torch.Tensor]]:
    """The same pieces on every rank: one dtype and device each, in the order given."""
    made: list[list[torch.Tensor]] = []
    open_at: dict[Any, tuple[list[torch.Tensor], int]] = {}
    for one in tensors:
        if one.numel() == 0:
            continue
        kind, size = (one.dtype, one.device), one.numel() * one.element_size()
        bucket, held = open_at.get(kind, ([], 0))
        if not bucket or held + size > BUCKET:
            bucket, held = [], 0
            made.append(bucket)
        bucket.append(one)
        open_at[kind] = (bucket, held + size)
    return made


def deals_by_rank(loader: Any, world: World) -> bool:
    """The loader's sampler gives each rank a part of its own."""
    samplers = (sampler_of(loader), getattr(loader, "batch_sampler", None))
    return any(getattr(one, "num_replicas", 1) == world.size for one in samplers) if world.size > 1 else False


def unwrapped(module: Any) -> Any:
    """The module itself, where DistributedDataParallel or DataParallel was put around it."""
    kinds = (torch.nn.parallel.DistributedDataParallel, torch.nn.DataParallel)
    while isinstance(module, kinds):
        module = module.module
    return module
