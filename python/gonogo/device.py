"""Which device the arithmetic runs on, and how batches and numbers travel to it and back.
Not here: which kernels are deterministic there (determinism.py)."""

from __future__ import annotations

from typing import Any

import torch

from gonogo.errors import Fault


def resolve(wanted: str, index: int = 0) -> torch.device:
    """The device for `device:` of the run file. auto: CUDA where there is one. `index`: which one of several."""
    if wanted == "cpu":
        return torch.device("cpu")
    if wanted not in ("auto", "cuda"):
        raise Fault("DEVICE_UNSUPPORTED", "PyTorch experiments cannot use this device", where="device", seen=wanted, expected="auto, cpu or cuda")
    if wanted == "auto" and not torch.cuda.is_available():
        return torch.device("cpu")
    try:
        found = torch.device("cuda", index)
        torch.cuda.set_device(found)
        # The context exists from here on, and with it the generator: no later state has one section more than an earlier one.
        torch.zeros(1, device=found)
    except (AssertionError, RuntimeError) as error:
        seen = (str(error).strip().splitlines() or [type(error).__name__])[0]
        raise Fault(
            "DEVICE_UNAVAILABLE", "PyTorch finds no CUDA device", where="device", seen=seen, expected="a GPU, its driver, and a PyTorch built with CUDA",
            **{"try": "device: cpu in the run file, or install the PyTorch wheel with CUDA (pytorch.org/get-started)"},
        ) from None
    return found


def moved(value: Any, device: torch.device) -> Any:
    """A batch with its tensors on the device; other values as they are. From pinned memory, so that the host does not wait."""
    if isinstance(value, torch.Tensor):
        if value.device.type == device.type:
            return value
        if device.type != "cuda" or value.layout != torch.strided:
            return value.to(device)
        return (value if value.is_pinned() else value.pin_memory()).to(device, non_blocking=True)
    if isinstance(value, dict):
        if type(value) is dict:
            return {key: moved(item, device) for key, item in value.items()}
        # BatchEncoding and its like bring `to` themselves; other mappings are made again from their items.
        return value.to(device) if hasattr(value, "to") else type(value)((key, moved(item, device)) for key, item in value.items())
    if isinstance(value, tuple) and hasattr(value, "_fields"):
        return type(value)(*(moved(item, device) for item in value))
    if isinstance(value, (list, tuple)):
        return type(value)(moved(item, device) for item in value)
    return value.to(device) if hasattr(value, "to") and callable(value.to) else value


def placed(model: torch.nn.Module, device: torch.device) -> None:
    """Refuses a model that is not where the managed step computes."""
    for name, tensor in model.named_parameters():
        if tensor.device.type not in (device.type, "meta"):
            raise Fault(
                "MODEL_DEVICE", "the model is not on the device of the run", seen=f"{name} on {tensor.device.type}", expected=device.type,
                **{"try": "self.model.to(self.device) in setup(), before the optimizer is made; or define model(), which is moved for you"},
            )


def facts(device: torch.device) -> dict[str, Any]:
    """What bitwise equality depends on beside the CPU. The index of the device is none of it."""
    if device.type != "cuda":
        return {}
    properties = torch.cuda.get_device_properties(device)
    return {
        "gpu": properties.name,
        "gpu capability": f"{properties.major}.{properties.minor}",
        "cuda": str(torch.version.cuda or torch.version.hip),
        "cudnn": torch.backends.cudnn.version(),
        "cudnn deterministic": torch.backends.cudnn.deterministic,
        "cudnn benchmark": torch.backends.cudnn.benchmark,
        "tf32 matmul": tf32_matmul(),
        "tf32 convolution": tf32_convolution(),
    }


def tf32_matmul() -> bool:
    return _tf32(lambda: torch.backends.cuda.matmul.allow_tf32, lambda: torch.backends.cuda.matmul.fp32_precision)


def tf32_convolution() -> bool:
    return _tf32(lambda: torch.backends.cudnn.allow_tf32, lambda: torch.backends.cudnn.conv.fp32_precision)


def _tf32(old: Any, new: Any) -> bool:
    # A program that has used the newer switch may not read the older one.
    for read in (old, new):
        try:
            found = read()
            return found == "tf32" if isinstance(found, str) else bool(found)
        except (AttributeError, RuntimeError):
            continue
    return False


#: Number formats by how coarse they round, finest first: half the distance between neighbours of 1.
ROUNDING = {"float64": 2.0**-53, "float32": 2.0**-24, "tf32": 2.0**-11, "float16": 2.0**-11, "bfloat16": 2.0**-9}


def arithmetic(precision: str, device: torch.device) -> str:
    """The coarsest number format that matrix products and convolutions use, as the run file and PyTorch's switches say."""
    if precision == "float32" and device.type == "cuda" and (tf32_matmul() or tf32_convolution()):
        supports = torch.cuda.get_device_properties(device).major >= 8
        return "tf32" if supports else "float32"
    return precision


def seen_arithmetic(output: torch.Tensor) -> str:
    """What an output of the model shows of its arithmetic: its own type, or the autocast that is on around it."""
    kind = str(output.dtype).removeprefix("torch.")
    inside = _autocast(output.device.type)
    around = str(inside).removeprefix("torch.") if inside is not None else kind
    return max((kind, around), key=lambda one: ROUNDING.get(one, 0.0))


def _autocast(device: str) -> torch.dtype | None:
    """The type that autocast gives on this device now."""
    if hasattr(torch, "get_autocast_dtype"):  # 2.4
        return torch.get_autocast_dtype(device) if torch.is_autocast_enabled(device) else None  # type: ignore[call-arg]
    if device == "cpu":
        return torch.get_autocast_cpu_dtype() if torch.is_autocast_cpu_enabled() else None
    return torch.get_autocast_gpu_dtype() if torch.is_autocast_enabled() else None


def coarser(*formats: str | None) -> str:
    return max((one for one in formats if one is not None), key=lambda one: ROUNDING.get(one, 0.0))
