"""Starting: when a model is trained anew, and what is said when something is in the way."""

from __future__ import annotations

import shutil
import socket
from pathlib import Path

import pytest

from bot import runner, settings
from bot.runner import StartError


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for folder in ("data/nlu/de", "data/stories", "components/__pycache__"):
        (tmp_path / folder).mkdir(parents=True)
    for file in ("config.yml", "domain.yml", "data/nlu/de/deposit.yml", "components/a.py"):
        (tmp_path / file).write_text("x")
    (tmp_path / "components/channel.py").write_text("x")
    monkeypatch.setattr(runner, "ROOT", tmp_path)
    return tmp_path


@pytest.mark.parametrize("file", ["config.yml", "data/nlu/de/deposit.yml", "components/a.py"])
def test_a_change_of_what_the_model_is_made_from_trains_it_anew(tree: Path, file: str) -> None:
    before = runner.fingerprint()
    (tree / file).write_text("y")
    assert runner.fingerprint() != before


@pytest.mark.parametrize(
    "file", ["components/__pycache__/a.cpython-310.pyc", "components/channel.py"]
)
def test_what_is_no_part_of_the_model_does_not(tree: Path, file: str) -> None:
    before = runner.fingerprint()
    (tree / file).write_text("y")
    assert runner.fingerprint() == before


def test_a_new_or_missing_file_counts_too(tree: Path) -> None:
    before = runner.fingerprint()
    shutil.copy(tree / "data/nlu/de/deposit.yml", tree / "data/nlu/de/debts.yml")
    assert runner.fingerprint() != before


def test_a_port_in_use_is_named_with_the_setting_that_changes_it() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with pytest.raises(StartError, match="ABC_WEB_PORT"):
            runner._check_free("web", taken.getsockname()[1])


def test_secrets_travel_in_the_environment_not_in_files_or_command_lines(tmp_path: Path) -> None:
    chosen = settings.load(_env_file=None, var=tmp_path, bot_token="123:very-secret")
    text = runner.write_config(chosen).read_text()
    for secret in (chosen.bot_token, chosen.rasa_token, chosen.key):
        assert secret.get_secret_value() not in text
    assert runner.environment(chosen)["RASA_TOKEN"] == chosen.rasa_token.get_secret_value()
