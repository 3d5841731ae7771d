"""The fence between the halves, and other promises about the code itself."""

from __future__ import annotations

import ast
import subprocess
from pathlib import Path

import pytest

from bot.settings import ROOT

MODULES = [
    path
    for folder in ("bot", "components", "actions", "benchmarks")
    for path in sorted((ROOT / folder).rglob("*.py"))
    if "versions" not in path.parts
]
FORBIDDEN = {
    "bot": {"components", "actions", "rasa", "rasa_sdk", "tests"},
    "components": {"bot", "actions", "tests"},
    "actions": {"bot", "components", "tests"},
}


def imports(path: Path) -> set[str]:
    """Return the top packages a module imports, wherever in the file."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found.add(node.module.split(".")[0])
    return found


@pytest.mark.parametrize("path", MODULES, ids=str)
def test_the_halves_never_import_each_other(path: Path) -> None:
    half = path.relative_to(ROOT).parts[0]
    assert not imports(path) & FORBIDDEN.get(half, set())


@pytest.mark.parametrize("path", MODULES, ids=str)
def test_every_module_opens_with_a_sentence_that_says_its_job(path: Path) -> None:
    first = (ast.get_docstring(ast.parse(path.read_text())) or "").split("\n\n")[0]
    assert first.rstrip().endswith("."), path


def test_no_module_is_named_after_nothing() -> None:
    names = {path.stem for path in MODULES}
    assert not names & {"utils", "util", "helpers", "common", "misc", "manager"}


def test_the_project_stands_alone() -> None:
    files = subprocess.check_output(["git", "ls-files"], cwd=ROOT, text=True).splitlines()
    for name in files:
        path = ROOT / name
        if (
            path.suffix in {".py", ".yml", ".md", ".sh", ".toml", ".in", ".txt", ""}
            and path.is_file()
        ):
            if path == Path(__file__):
                continue
            text = path.read_text(encoding="utf-8", errors="replace")
            for foreign in ("../shared", "/work/", "pythonhosted", "pypi.org"):
                assert foreign not in text, f"{name} names {foreign}"
