"""What the graph of one step shows: which leaves the loss and each of its terms reach, and which of them nothing holds.
Not here: numbers of gradients (observe.py). The graph is walked, never run."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import numpy as np
import torch

from gonogo import clip_order, loss_inputs, step_modes
from gonogo.constant_terms import DERIVATIVES, Constants, added
from gonogo.errors import project_modules
from gonogo.followers import behind
from gonogo.found import Found
from gonogo.loose import Loose
from gonogo.mixed_gradients import Mixed
from gonogo.own_step import own_step
from gonogo.step_draws import Draws
from gonogo.views import Views

#: Matrices beyond this many elements are not looked through for equal rows.
LARGEST = 32 * 1024 * 1024


def leaves_of(roots: list[Any]) -> tuple[dict[int, torch.Tensor], set[Any]]:
    """Leaf tensors that are reached from the roots' grad_fn, by identity, and every node on the way."""
    leaves: dict[int, torch.Tensor] = {}
    seen: set[Any] = set()
    waiting = [root.grad_fn for root in roots if isinstance(root, torch.Tensor) and root.grad_fn is not None]
    for root in roots:
        if isinstance(root, torch.Tensor) and root.is_leaf and root.requires_grad:
            leaves[id(root)] = root
    while waiting:
        node = waiting.pop()
        if node in seen:
            continue
        seen.add(node)
        held = getattr(node, "variable", None)
        if isinstance(held, torch.Tensor):
            leaves[id(held)] = held
        waiting += [following for following, _ in node.next_functions if following is not None]
    return leaves, seen


class Roots:
    """What one step called backward() on, and what it returned."""

    def __init__(self) -> None:
        self.leaves: dict[int, torch.Tensor] = {}
        self.nodes: set[Any] = set()
        self.any = False
        #: Where constants were added to what backward() is called on.
        self.constants: list[str] = []
        #: Those of them that come from a derivative without a graph.
        self.derivatives: list[str] = []
        #: Leaves that are inputs by what was done with them.
        self.inputs: dict[int, torch.Tensor] = {}
        self.order = clip_order.Order()

    def add(self, tensors: Any) -> None:
        roots = [tensors] if isinstance(tensors, torch.Tensor) else [one for one in tensors if isinstance(one, torch.Tensor)]
        leaves, nodes = leaves_of(roots)
        self.leaves.update(leaves)
        self.nodes |= nodes
        self.any = True
        self.constants += added(tensors)
        self.derivatives += added(tensors, DERIVATIVES)


@contextmanager
def roots_of_backward(roots: Roots, found: Found) -> Iterator[None]:
    """Notes every tensor that backward() is called on inside; Tensor.backward looks the function up as we replace it."""
    original = torch.autograd.backward

    def backward(tensors: Any, *arguments: Any, **named: Any) -> Any:
        roots.add(tensors)
        clip_order.backward(roots.order, found)
        return original(tensors, *arguments, **named)

    torch.autograd.backward = backward  # type: ignore[assignment]
    try:
        yield
    finally:
        torch.autograd.backward = original  # type: ignore[assignment]


def step(subject: Any, drawn: Any, found: Found, tracer: Tracer) -> tuple[Any, dict[str, Any]]:
    """One training step while its graph is looked at: what it returned, and the trace."""
    roots, watch = Roots(), subject.watch
    watch.tracing = True
    asked: dict[str, Any] = {}
    called: set[str] = set()
    modes: dict[str, bool] = {}
    compiled = any(type(part).__name__ == "OptimizedModule" for module in found.modules.values() for part in module.modules())
    views, draws, loose, constants = Views(drawn.batch), Draws(), Loose(found), Constants()
    looks: list[Any] = [
        roots_of_backward(roots, found), loss_inputs.watched(asked, called, compiled), step_modes.noted(found, modes),
        clip_order.noted(found, roots.order), views.noted(found), tracer.mixed.noted(found),
    ]
    with ExitStack() as undo:
        # a mode would have a compiled model compiled anew
        for look in looks if compiled else [*looks, constants, draws, loose.everywhere()]:
            undo.enter_context(look)
        try:
            if subject.managed_steps:
                terms: dict[str, Any] = {}
                subject.managed.on_terms = terms.update
                result = subject.managed.step(drawn.batch, found, watch.applied, drawn.share)
            else:
                result = terms = own_step(subject.experiment, drawn.batch)
        finally:
            watch.tracing = False
            if subject.managed is not None:
                subject.managed.on_terms = None
    # by what a derivative is taken is an input, however long it stays
    roots.inputs = constants.places
    report = tracer.report(found, roots, terms, subject.managed_steps, watch.before(), watch.twins)
    resting = [name for name, training in modes.items() if not training]
    return result, {
        **report,
        "losses": {"called": sorted(called), "faults": list(asked.values())},
        "modes": {"training": len(modes) - len(resting), "resting": resting, "spectators": step_modes.spectators(found)},
        "constants": sorted(set(roots.constants)),
        "derivatives": sorted(set(roots.derivatives)),
        "clipping": {"late": roots.order.late(), "void": roots.order.void(), "cleared": not roots.order.left},
        "views": views.report(),
        "draws": draws.digests,
        "loose": loose.report(),
        "mixed": tracer.mixed.of,
        "behind": behind(found, watch.before()),
    }


class Tracer:
    """Traces of the first steps of one probe; strays are compared from one to the next."""

    def __init__(self) -> None:
        self._met: dict[int, tuple[torch.Tensor, torch.Tensor]] = {}
        self.mixed = Mixed()
        self.steps = 0

    def report(
        self, found: Found, roots: Roots, result: Any, managed: bool, weights: dict[str, torch.Tensor], gradients: dict[str, Any]
    ) -> dict[str, Any]:
        """A Trace. `result`: what the step returned; `weights`: as they were before it; `gradients`: equal rows of each parameter's,
        noted while they were there."""
        self.steps += 1
        names = found.names()
        reached = {id(tensor): names[id(tensor)] for tensor in roots.leaves.values() if id(tensor) in names}
        return {
            "terms": _terms(names, roots, result, managed),
            "loss": sorted(reached.values()) if roots.any else None,
            "strays": self._strays(found, roots),
            "symmetry": {
                name: {"weights": distinct(one), "gradients": gradients.get(name)}
                for name, one in weights.items()
                if one.ndim >= 2 and 0 < one.numel() <= LARGEST and one.layout == torch.strided
            },
        }

    def _strays(self, found: Found, roots: Roots) -> list[dict[str, Any]]:
        held = set(found.names()) | {id(found.parameters[first]) for first in found.ties.values() if first in found.parameters}
        places = {one.data_ptr() for one in found.parameters.values() if one.layout == torch.strided and one.numel()}
        strays, met = [], {}
        for identity, tensor in roots.leaves.items():
            if identity in held or identity in roots.inputs or (tensor.layout == torch.strided and tensor.data_ptr() in places):
                continue
            before = self._met.get(identity)
            met[identity] = (tensor, tensor.detach().clone())
            stays = before is not None and before[0] is tensor and torch.equal(before[1], tensor.detach())
            size = None if tensor.grad is None else float(torch.linalg.vector_norm(tensor.grad.detach().double()))
            strays.append({"name": _global_name(tensor), "shape": list(tensor.shape), "stays": stays, "gradient": size})
        self._met = met
        return strays


def _terms(names: dict[int, str], roots: Roots, result: Any, managed: bool) -> dict[str, list[str] | None]:
    if isinstance(result, (tuple, list)) and result:
        result = result[0]
    terms = result if isinstance(result, dict) else {"loss": result}
    found: dict[str, list[str] | None] = {}
    for name, term in terms.items():
        part_of_loss = isinstance(term, torch.Tensor) and (term.grad_fn in roots.nodes if term.grad_fn is not None else False)
        if managed or part_of_loss:
            leaves, _ = leaves_of([term])
            found[str(name)] = sorted(names[identity] for identity in leaves if identity in names)
        else:
            # Detached for the record, by all we know.
            found[str(name)] = None
    return found


def _global_name(tensor: torch.Tensor) -> str | None:
    for name, module in project_modules():
        for key, value in list(vars(module).items()):
            if value is tensor:
                return f"{name}.{key}"
            if isinstance(value, (list, tuple)) and any(item is tensor for item in value[:100]):
                return f"{name}.{key}"
    return None


def distinct(tensor: torch.Tensor) -> dict[str, Any]:
    """How many rows and columns of [first size, rest] are bitwise different."""
    matrix = tensor.detach().reshape(len(tensor), -1).to("cpu", torch.float32).numpy()
    return {
        "rows": matrix.shape[0],
        "distinctRows": _distinct_rows(matrix),
        "columns": matrix.shape[1],
        "distinctColumns": _distinct_rows(matrix.T),
        "zero": not matrix.any(),
    }


def _distinct_rows(matrix: np.ndarray) -> int:
    rows = np.ascontiguousarray(matrix)
    return len({row.tobytes() for row in rows})
