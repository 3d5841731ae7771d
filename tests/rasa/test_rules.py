"""Domain, rules and training data fit together: one intent, one rule, one key."""

from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parents[2]


def read(path: str) -> dict:
    return yaml.safe_load((ROOT / path).read_text(encoding="utf-8"))


def test_every_intent_has_one_rule_that_ends_in_its_key():
    domain, rules = read("domain.yml"), read("data/stories/rules.yml")["rules"]
    steps = {rule["steps"][0]["intent"]: rule["steps"][1:] for rule in rules}
    assert len(steps) == len(rules)
    assert set(steps) == {*domain["intents"], "nlu_fallback"}
    for intent in domain["intents"]:
        assert steps[intent] == [{"action": f"utter_{intent}"}]
        assert domain["responses"][f"utter_{intent}"] == [{"custom": {"say": intent}}]
    assert steps["nlu_fallback"] == [{"action": "action_clarify"}]


def test_no_response_carries_a_text():
    for name, variations in read("domain.yml")["responses"].items():
        assert [set(variation) for variation in variations] == [{"custom"}], name


def test_urgent_intents_exist():
    classifier = read("config.yml")["pipeline"][-1]
    assert set(classifier["urgent_intents"]) <= set(read("domain.yml")["intents"])


def test_every_language_has_the_same_files_and_names_itself():
    folders = [path for path in (ROOT / "data/nlu").iterdir() if path.is_dir()]
    ours = [folder for folder in folders if folder.name != "other"]
    german = {path.name for path in (ROOT / "data/nlu/de").iterdir()}
    assert {folder.name for folder in ours} == set(read("data/languages.yml"))
    for folder in ours:
        assert {path.name for path in folder.iterdir()} == german, folder.name
    for folder in folders:
        for path in folder.iterdir():
            # The head is enough, and reading 40,000 sentences here would be slow.
            head = path.read_text(encoding="utf-8")[:2000]
            assert f"language: {folder.name}\n" in head, path


def test_a_topic_file_holds_the_intent_of_its_name():
    for path in sorted((ROOT / "data/nlu/bg").glob("[a-z]*.yml")):
        entries = yaml.safe_load(path.read_text(encoding="utf-8"))["nlu"]
        assert [entry["intent"] for entry in entries] == [path.stem]
