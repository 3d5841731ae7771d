"""The training sentences are read once, and what is read is what Rasa would have read."""

from pathlib import Path

import yaml
from rasa.shared.importers.importer import TrainingDataImporter
from rasa.shared.importers.rasa import RasaFileImporter

from components.importer import ReadOnceImporter

ROOT = Path(__file__).resolve().parents[2]
FILE = ROOT / "data/nlu/de/deposit.yml"


def test_the_second_time_nothing_is_read(monkeypatch):
    importer = ReadOnceImporter(training_data_paths=[str(FILE)])
    first = importer.get_nlu_data()
    monkeypatch.setattr(RasaFileImporter, "get_nlu_data", None)
    assert importer.get_nlu_data() is first
    assert len(first.intent_examples) > 45


def test_rasa_uses_it_and_cannot_change_what_was_read(tmp_path):
    settings = yaml.safe_load((ROOT / "config.yml").read_text(encoding="utf-8"))["importers"]
    config = tmp_path / "config.yml"
    config.write_text(yaml.safe_dump({"importers": settings}), encoding="utf-8")
    importer = TrainingDataImporter.load_from_config(
        str(config), str(ROOT / "domain.yml"), [str(FILE)]
    )
    seen = importer.get_nlu_data()
    seen.training_examples.clear()
    assert importer.get_nlu_data("de").intent_examples
