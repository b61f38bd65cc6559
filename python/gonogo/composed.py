"""`config:` of the run file as Hydra overrides: `class Mine(gonogo.Experiment): config_source = gonogo.hydra("conf", "config")`.
Not here: a schema. Hydra composes and checks; what it refuses is told at the key of the run file."""

from __future__ import annotations

import hashlib
import inspect
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from gonogo.errors import Fault

Override = tuple[tuple[Any, ...], str]


def hydra(config_path: str, config_name: str = "config", *, version_base: str | None = None) -> Composed:
    """Takes self.config from Hydra. `config_path` is a folder, relative to the file of the experiment.

    Nested keys of `config:` become dotted overrides, `optimizer: {lr: 0.1}` → `optimizer.lr=0.1`; the name of a group chooses,
    `model: resnet` → `model=resnet`; where both are wanted, choices stand in a list of their own, as in Hydra's files:
    `defaults: [{model: resnet}]`. A key that is new begins with `+`, one that goes away is `~key: null`.
    """
    return Composed(config_path, config_name, version_base)


class Composed:
    """A source of configuration that is not a Config dataclass."""

    def __init__(self, config_path: str, config_name: str, version_base: str | None):
        self._path, self._name, self._version_base = config_path, config_name, version_base

    @property
    def reason(self) -> str:
        return f"Hydra composes and checks the configuration: {self._path}/{self._name}.yaml"

    def compose(self, kind: type, values: Mapping[str, Any]) -> Any:
        """The DictConfig, resolved. Nothing of Hydra's working folders is made."""
        try:
            return self._composed(kind, [text for _, text in overrides(values)])
        except Exception as error:
            raise Fault("CONFIG_REFUSED", "Hydra refuses the config", seen=_line(error), where=str(self.folder(kind))) from None

    def issues(self, kind: type, values: Mapping[str, Any]) -> list[dict[str, Any]]:
        """What Hydra refuses, at the key that brought it in."""
        given = list(overrides(values))
        try:
            self._composed(kind, [text for _, text in given])
            return []
        except Fault:
            raise
        except Exception as error:
            whole = _line(error)
        for path, text in given:
            try:
                self._composed(kind, [text])
            except Exception as error:
                return [{"path": list(path), "message": f"Hydra refuses {text}: {_line(error)}"}]
        return [{"path": [], "message": f"Hydra refuses the config: {whole}"}]

    def folder(self, kind: type) -> Path:
        return Path(os.path.abspath(inspect.getfile(kind))).parent / self._path

    def files(self, kind: type) -> list[Path]:
        """Every file that a configuration may be composed of: a changed one is another plan."""
        return sorted(path for path in self.folder(kind).rglob("*") if path.suffix in (".yaml", ".yml") and path.is_file())

    def digest(self, config: Any) -> str:
        from omegaconf import OmegaConf

        return hashlib.sha256(OmegaConf.to_yaml(config, sort_keys=True).encode()).hexdigest()[:16]

    def _composed(self, kind: type, given: list[str]) -> Any:
        try:
            from hydra import compose, initialize_config_dir
            from hydra.core.global_hydra import GlobalHydra
            from omegaconf import OmegaConf
        except ImportError as error:
            raise Fault("PACKAGE_MISSING", "this experiment's configuration is Hydra's, and Hydra is not installed", seen=str(error), **{"try": "pip install hydra-core"}) from None
        folder = self.folder(kind)
        if not folder.is_dir():
            raise Fault("CONFIG_FOLDER", "there is no folder of Hydra's configuration at this path", seen=str(folder), where=str(folder))
        if GlobalHydra.instance().is_initialized():
            GlobalHydra.instance().clear()
        with initialize_config_dir(str(folder), version_base=self._version_base):
            config = compose(self._name, overrides=given)
        OmegaConf.resolve(config)
        return config


def overrides(values: Mapping[str, Any]) -> Iterator[Override]:
    """(path in the run file, override), the choices of groups first."""
    choices = values.get("defaults", [])
    if not isinstance(choices, list) or not all(isinstance(one, Mapping) for one in choices):
        raise Fault("CONFIG_REFUSED", "config.defaults is a list of choices", seen=repr(choices), expected="[{model: resnet}]", where="config.defaults")
    for index, choice in enumerate(choices):
        for group, name in choice.items():
            yield ("defaults", index, group), f"{group}={_said(name)}"
    for key, value in values.items():
        if key != "defaults":
            yield from _leaves((key,), value)


def _leaves(path: tuple[str, ...], value: Any) -> Iterator[Override]:
    name = ".".join(str(key) for key in path)
    if isinstance(value, Mapping) and value:
        for key, inner in value.items():
            yield from _leaves((*path, str(key)), inner)
    elif name.startswith("~") and value is None:
        yield path, name
    else:
        yield path, f"{name}={_said(value)}"


def _said(value: Any) -> str:
    """A value in Hydra's grammar."""
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, (int, float)):
        return repr(value)
    if isinstance(value, Mapping):
        return "{" + ",".join(f"{key}:{_said(one)}" for key, one in value.items()) + "}"
    if isinstance(value, (list, tuple)):
        return "[" + ",".join(_said(one) for one in value) + "]"
    text = str(value)
    plain = text.replace("_", "").replace("-", "").replace("/", "").isalnum() and not text[0].isdigit()
    return text if plain and text.lower() not in ("null", "true", "false", "nan", "inf") else "'" + _escaped(text) + "'"


def _escaped(text: str) -> str:
    out, slashes = "", 0
    for letter in text:
        if letter == "'":
            out += "\\" * slashes + "\\"  # each backslash before a quote is doubled
        slashes = slashes + 1 if letter == "\\" else 0
        out += letter
    return out + "\\" * slashes


def _line(error: Exception) -> str:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return " ".join(lines[:6]) if lines else type(error).__name__
