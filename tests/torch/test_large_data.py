"""Data too large to be read or listed: manifests bounded in time and memory, orders without a list, what a set says of itself.
Not a whole poll of such data: tests/slow/large is for that."""

from __future__ import annotations

import time

import numpy as np
import pytest
import torch
from harness import REPOSITORY  # noqa: F401  (finds gonogo)
from torch.utils.data import DataLoader, Dataset, Subset, TensorDataset

from gonogo import manifest, seeds
from gonogo.data import Arrays, Part
from gonogo.errors import Fault
from gonogo.feed import rebuilt, sequential


@pytest.mark.parametrize("count", [2, 3, 17, 64, 65, 1000, 4097])
def test_an_order_without_a_list_draws_each_sample_once(count: int) -> None:
    order = seeds.Shuffled(7, count)
    whole = order[0:count]
    assert sorted(whole.tolist()) == list(range(count)) and len(order) == count
    assert np.concatenate([order[start : start + 10] for start in range(0, count, 10)]).tolist() == whole.tolist()
    assert order[count : count + 5].tolist() == []


def test_it_is_an_order_like_any_other() -> None:
    count = 100_000
    one, other = seeds.Shuffled(1, count)[0:count], seeds.Shuffled(2, count)[0:count]
    assert (one == other).mean() < 0.001 and (one == np.arange(count)).mean() < 0.001
    # Neighbours are no neighbours, and no part of the data comes first: 5 standard errors of a uniform draw.
    assert abs(np.corrcoef(one, np.arange(count))[0, 1]) < 5 / count**0.5
    assert abs(np.corrcoef(one[1:], one[:-1])[0, 1]) < 5 / count**0.5
    assert abs(one[:10_000].mean() - count / 2) < 5 * count / 12**0.5 / 100


def test_a_billion_samples_are_shuffled_in_no_time_and_no_memory() -> None:
    began = time.perf_counter()
    order = seeds.permutation(0, 3, 10**9)
    batch = order[5 * 10**8 : 5 * 10**8 + 256]
    assert len(set(batch.tolist())) == 256 and batch.min() >= 0 and batch.max() < 10**9
    assert order[5 * 10**8 : 5 * 10**8 + 256].tolist() == batch.tolist()
    assert time.perf_counter() - began < 0.5
    assert isinstance(seeds.permutation(0, 3, 1000), np.ndarray)


class Large(Dataset):
    """Samples of a megabyte each, a hundred million of them."""

    def __init__(self, salt: int = 0):
        self.salt, self.decoded = salt, 0

    def __len__(self) -> int:
        return 10**8

    def __getitem__(self, index: int) -> tuple[torch.Tensor, int]:
        self.decoded += 1
        return torch.full((1 << 18,), float(index + self.salt)), index % 10


def hash_of(dataset: Dataset) -> str:
    return manifest.manifest("train", dataset, len(dataset))[0]["sha256"]  # type: ignore[arg-type]


def test_large_samples_are_bounded_by_their_bytes() -> None:
    dataset = Large()
    made, how = manifest.manifest("train", dataset, len(dataset))
    assert made["samples"] == 10**8 and made["fields"][0] == {"name": "input", "shape": [1 << 18], "dtype": "float32"}
    assert dataset.decoded <= 257 and "of 100000000 decoded samples" in how
    assert hash_of(Large()) == made["sha256"] != hash_of(Large(salt=1))


def test_where_another_subject_has_told_nothing_is_decoded_twice() -> None:
    dataset = Large()
    made, how = manifest.manifest("train", dataset, len(dataset), asked=False)
    assert (dataset.decoded, how) == (1, "not asked") and made["fields"]


def test_arrays_larger_than_the_bound_are_hashed_in_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    values, labels = torch.arange(400_000.0).reshape(4000, 100), torch.arange(4000)
    whole = manifest.manifest("train", TensorDataset(values, labels), 4000)
    assert whole[1] == "every byte"
    monkeypatch.setattr(manifest, "WHOLE", 1000)
    monkeypatch.setattr(manifest, "BLOCKS", 8)
    monkeypatch.setattr(manifest, "BLOCK", 4096)
    made, how = manifest.manifest("train", TensorDataset(values, labels), 4000)
    assert "blocks of" in how and made["sha256"] != whole[0]["sha256"]
    for row in (0, 3999):
        changed = values.clone()
        changed[row, 50] += 1
        assert hash_of(TensorDataset(changed, labels)) != made["sha256"]
    assert hash_of(TensorDataset(values.clone(), labels)) == made["sha256"]
    assert hash_of(Part(Arrays([values, labels], None), np.arange(100), None)) != hash_of(Part(Arrays([values, labels], None), np.arange(1, 101), None))


class Sharded(Large):
    def __init__(self, shards: object):
        super().__init__()
        self.shards = shards

    def gonogo_manifest(self) -> object:
        return {"shards": self.shards}


def test_a_data_set_may_tell_what_it_is_made_of() -> None:
    shards = [{"name": "a.tar", "bytes": 10, "sha256": "00"}, {"name": "b.tar", "bytes": 20, "sha256": "11"}]
    dataset = Sharded(shards)
    made, how = manifest.manifest("train", dataset, len(dataset))
    assert dataset.decoded == 1 and how.startswith("its own list")
    assert hash_of(Sharded([shards[0], {**shards[1], "sha256": "22"}])) != made["sha256"]
    parts = [hash_of(Subset(dataset, range(start, start + 10))) for start in (0, 10)]
    assert len({made["sha256"], *parts}) == 3
    with pytest.raises(Fault, match="no plain data"):
        hash_of(Sharded({(1, 2): "a tuple is no key"}))


def test_a_loader_in_order_is_told_without_a_list_of_its_places() -> None:
    class Numbers(Dataset):
        def __init__(self, count: int):
            self.count = count

        def __len__(self) -> int:
            return self.count

        def __getitem__(self, index: int) -> int:
            return index

    places = sequential(DataLoader(Numbers(10**12), batch_size=4))
    assert places is not None and len(places) == 10**12 and not isinstance(places, list)
    small = DataLoader(Numbers(10), batch_size=4)
    assert rebuilt(small, range(10), 5).dataset is small.dataset
    assert [batch.tolist() for batch in rebuilt(small, range(4), 3)] == [[0, 1, 2], [3]]
