"""gonogo.testing as a project uses it: real suites in a pytest of their own, read through its report.
Not the checks: those are tested from TypeScript."""

from __future__ import annotations

import os
import subprocess
import sys
import xml.etree.ElementTree as xml
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent
SHARED = HERE.parents[1] / "corpus/shared/torch"
PYTHON = Path(__file__).resolve().parents[2] / "python"
sys.path.insert(0, str(PYTHON))

import gonogo.testing  # noqa: E402
from gonogo import command  # noqa: E402
from gonogo.errors import Fault  # noqa: E402


def suite(folder: Path, body: str) -> tuple[dict[str, str], dict[str, str], str]:
    """Runs `body` as a test file in `folder`. → outcome by test, text of each failure or skip, all that pytest printed."""
    (folder / "test_suite.py").write_text(f"import gonogo.testing\n{body}", encoding="utf-8")
    report = folder / "report.xml"
    ran = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", f"--junitxml={report}", "test_suite.py"],
        cwd=folder, env={**os.environ, "PYTHONPATH": str(PYTHON)}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    outcomes, texts = {}, {}
    for case in xml.parse(report).iter("testcase"):
        name, found = case.get("name", ""), next(iter(case), None)
        outcomes[name] = "passed" if found is None else found.tag
        texts[name] = "" if found is None else f"{found.get('message')}\n{found.text}"
    return outcomes, texts, ran.stdout + ran.stderr


def test_go_passes_a_skip_skips_with_its_reason_and_one_poll_serves_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # a relative path starts at the test's file
    (tmp_path / "experiment.py").write_text(
        f"import sys; sys.path.insert(0, {str(SHARED)!r})\nfrom classifier import Classifier\nclass Healthy(Classifier): pass\n"
    )
    (tmp_path / "a.run.yaml").write_text((HERE / "healthy/run.yaml").read_text())
    started = tmp_path / "started"
    counting = tmp_path / "node"
    counting.write_text(f'#!/bin/sh\necho once >> "{started}"\nexec "{command.node()}" "$@"\n')
    counting.chmod(0o755)
    monkeypatch.setenv("GONOGO_NODE", str(counting))
    outcomes, texts, printed = suite(
        tmp_path, 'test_preflight = gonogo.testing.preflight("a.run.yaml", only=["C1", "chance-level", "K5"], skip={"K5": "not = here"})'
    )
    assert outcomes == {
        "test_preflight[C1-strict-config]": "passed",
        "test_preflight[I1-chance-level]": "passed",
        "test_preflight[K5-portable-weights]": "skipped",
    }, printed
    assert "not = here" in texts["test_preflight[K5-portable-weights]"]
    assert started.read_text() == "once\n"


def test_no_go_fails_as_the_terminal_shows_it(tmp_path: Path) -> None:
    outcomes, texts, printed = suite(tmp_path, f'test_preflight = gonogo.testing.preflight("{HERE}/sum-reduction/run.yaml", only=["C1", "I1"])')
    assert outcomes == {"test_preflight[C1-strict-config]": "passed", "test_preflight[I1-chance-level]": "failure"}, printed
    said = texts["test_preflight[I1-chance-level]"]
    for word in ("NO-GO   I1  ", "  seen      ", "  expected  ", "  cause     sum-reduction", "  try       "):
        assert word in said
    assert "Traceback" not in said and "testing.py" not in said


def test_a_warning_passes_and_is_shown(tmp_path: Path) -> None:
    level = "preflight: { checks: { I1: { level: warn, reason: known } } }"
    (tmp_path / "a.run.yaml").write_text(f"gonogo: 1\nname: a\nextends: {HERE}/sum-reduction/run.yaml\n{level}\n")
    outcomes, _, printed = suite(tmp_path, 'test_preflight = gonogo.testing.preflight("a.run.yaml", only=["I1"])')
    assert set(outcomes.values()) == {"passed"}, printed
    assert "PreflightWarning: WARN    I1  " in printed


def test_a_file_that_cannot_be_read_is_told_once_in_full(tmp_path: Path) -> None:
    (tmp_path / "bad.run.yaml").write_text((HERE / "healthy/run.yaml").read_text().replace("epochs", "epohcs"))
    outcomes, texts, printed = suite(tmp_path, 'test_preflight = gonogo.testing.preflight("bad.run.yaml", only=["C1", "I1"])')
    assert set(outcomes.values()) == {"failure"}, printed
    first, second = texts.values()
    assert "CONFIG_UNKNOWN_KEY  bad.run.yaml:6:" in first and "  try       epochs" in first
    assert "the first test of this preflight says more" in second


@pytest.mark.filterwarnings("error")
def test_poll_gives_the_findings() -> None:
    found = {one.check: one for one in gonogo.testing.poll(HERE / "sum-reduction/run.yaml", only=["I1"])}
    assert found["I1"].status == "NO-GO" and found["I1"].cause == "sum-reduction"
    assert found["I1"].evidence and isinstance(found["I1"].seconds, float)


def test_a_check_that_does_not_exist_is_refused_while_tests_are_collected() -> None:
    with pytest.raises(Fault, match="no check K99"):
        gonogo.testing.preflight("a.run.yaml", only=["K99"])


def test_a_poll_that_takes_too_long_ends() -> None:
    with pytest.raises(Fault, match="not done in time"):
        gonogo.testing.poll(HERE / "healthy/run.yaml", timeout=0.2)


def test_own_checks_are_tests_too(tmp_path: Path) -> None:
    (tmp_path / "experiment.py").write_text((HERE / "own-checks/experiment.py").read_text().replace("str(Path(__file__).resolve().parents[3] / \"corpus/shared/torch\")", repr(str(SHARED))))
    (tmp_path / "a.run.yaml").write_text((HERE / "own-checks/own.run.yaml").read_text() + "config: { bug: crash }\n")
    ours = ", ".join(f'"{code}": "on trial elsewhere"' for code in gonogo.testing.CHECKS)
    outcomes, texts, printed = suite(tmp_path, f'test_preflight = gonogo.testing.preflight("a.run.yaml", own=["own/weights-spread"], skip={{{ours}}})')
    assert outcomes["test_preflight[own/weights-spread]"] == "passed", printed
    assert outcomes["test_preflight[own]"] == "failure", printed
    assert "own/learns-early" in texts["test_preflight[own]"] and "a mistake in the check" in texts["test_preflight[own]"]
