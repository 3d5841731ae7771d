"""The documentation says what is there: settings, verbs, targets, links, pictures."""

from __future__ import annotations

import re
import subprocess
import sys

import pytest

from bot.conversation import COMMANDS
from bot.settings import ROOT, Settings

OPERATOR = (ROOT / "docs" / "operator.md").read_text()


@pytest.mark.parametrize("name", sorted(Settings.model_fields))
def test_every_setting_is_documented_and_says_what_it_is(name: str) -> None:
    assert f"`ABC_{name.upper()}`" in OPERATOR
    assert Settings.model_fields[name].description


def test_no_setting_is_documented_that_is_not_there() -> None:
    known = {f"ABC_{name.upper()}" for name in Settings.model_fields}
    assert set(re.findall(r"`(ABC_[A-Z_]+)`", OPERATOR)) <= known


def test_every_verb_is_documented() -> None:
    command = [sys.executable, "-m", "bot", "--help"]
    text = subprocess.check_output(command, cwd=ROOT, text=True)
    verbs = re.search(r"\{(.*?)\}", text)
    assert verbs
    for verb in verbs[1].split(","):
        assert f"`{verb}" in OPERATOR, verb


def test_every_make_target_is_documented() -> None:
    targets = re.findall(r"^([a-z-]+):.*## ", (ROOT / "Makefile").read_text(), re.MULTILINE)
    for target in targets:
        assert f"`{target}`" in OPERATOR or target == "help", target


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_is_explained_to_residents(command: str) -> None:
    assert f"/{command}" in (ROOT / "docs" / "resident.md").read_text()


def test_links_and_pictures_exist() -> None:
    for page in [ROOT / "README.md", ROOT / "CHANGELOG.md", *(ROOT / "docs").glob("*.md")]:
        for target in re.findall(r"\]\(([^)]+)\)", page.read_text()):
            if not target.startswith("http"):
                assert (page.parent / target.partition("#")[0]).exists(), f"{page.name}: {target}"


def test_files_that_the_documentation_names_exist() -> None:
    for page in [ROOT / "README.md", *(ROOT / "docs").glob("*.md")]:
        for path in re.findall(
            r"`((?:bot|components|actions|tests|data|docs)/[\w./]+)`", page.read_text()
        ):
            assert (ROOT / path).exists(), f"{page.name}: {path}"
