"""Compares our understanding with Rasa's own pipelines on the sentences of tests/sentences.

    PYTHONPATH=. .venv-rasa/bin/python -m benchmarks.nlu                      # takes hours: DIET
    PYTHONPATH=. .venv-rasa/bin/python -m benchmarks.nlu --skip diet
    PYTHONPATH=. .venv-rasa/bin/python -m benchmarks.nlu --languages de ro
    PYTHONPATH=. .venv-rasa/bin/python -m benchmarks.nlu --curve              # docs/images/

Every pipeline is trained on the same sentences by `rasa`, in a process of its own, and parses
the same test sentences one after another, as messages come.
"""

import argparse
import asyncio
import json
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import yaml

from components.intents import DIALOGUE, OUT_OF_SCOPE, URGENT

ROOT = Path(__file__).resolve().parents[1]
CURVE = (5, 10, 20, 30, 45, 70)
COLUMNS = ("first", "first three", "out of scope answered", "urgent found", "asked back")

_COUNTS = [
    {"name": "WhitespaceTokenizer"},
    {"name": "RegexFeaturizer"},
    {"name": "LexicalSyntacticFeaturizer"},
    {"name": "CountVectorsFeaturizer"},
    {"name": "CountVectorsFeaturizer", "analyzer": "char_wb", "min_ngram": 1, "max_ngram": 4},
]
_FALLBACK = {"name": "FallbackClassifier", "threshold": 0.3, "ambiguity_threshold": 0.1}
PIPELINES = {
    "ours": None,  # what config.yml says
    # `rasa init` writes this one; without entities, synonyms and response selection, unused here.
    "diet": [
        *_COUNTS,
        {"name": "DIETClassifier", "epochs": 100, "constrain_similarities": True},
        _FALLBACK,
    ],
    "logistic": [
        *[part for part in _COUNTS if part["name"] != "LexicalSyntacticFeaturizer"],
        {"name": "LogisticRegressionClassifier"},
        _FALLBACK,
    ],
}

Sentence = tuple[str, str, str]  # language, intent, text
Parsed = tuple[str, str, str, list[str]]  # language, intent, decision, ranking


def languages() -> list[str]:
    """Return the languages that have test sentences."""
    return sorted(path.stem for path in (ROOT / "tests/sentences").glob("*.yml"))


def test_sentences(chosen: Iterable[str]) -> list[Sentence]:
    """Read the held-out sentences."""
    found = []
    for language in chosen:
        path = ROOT / "tests/sentences" / f"{language}.yml"
        written = yaml.safe_load(path.read_text(encoding="utf-8"))["sentences"]
        found += [(language, intent, text) for intent, texts in written.items() for text in texts]
    return found


def training_sentences(chosen: Iterable[str]) -> list[Sentence]:
    """Read the training sentences; line by line, since YAML takes half a minute."""
    found = []
    for path in sorted(p for name in chosen for p in (ROOT / "data/nlu" / name).glob("*.yml")):
        intent = ""
        for line in path.read_text(encoding="utf-8").splitlines():
            head = re.match(r"- intent: (\w+)", line)
            if head:
                intent = head[1]
            elif line.startswith("    - "):
                found.append((path.parent.name, intent, line[6:]))
    return found


def figures(parsed: Iterable[Parsed]) -> dict[str, float]:
    """Return the share of each column, in percent."""
    no_topic = DIALOGUE | {"nlu_fallback"}
    ours, others = [], []
    for _language, intent, decision, ranking in parsed:
        names = [name for name in ranking if name != "nlu_fallback"]
        (others if intent == OUT_OF_SCOPE else ours).append((intent, decision, names))
    urgent = [entry for entry in ours if entry[0] in URGENT]

    def share(part: list[bool]) -> float:
        return round(100 * sum(part) / max(1, len(part)), 1)

    return dict(
        zip(
            COLUMNS,
            (
                share([names[:1] == [intent] for intent, _, names in ours]),
                share([intent in names[:3] for intent, _, names in ours]),
                share([decision not in no_topic for _, decision, _ in others]),
                share([intent in names[:3] for intent, _, names in urgent]),
                share([decision == "nlu_fallback" for _, decision, _ in ours]),
            ),
            strict=True,
        )
    )


def by_language(parsed: list[Parsed]) -> dict[str, dict[str, float]]:
    """Return the figures of each language and of all together."""
    names = sorted({entry[0] for entry in parsed})
    table = {name: figures(entry for entry in parsed if entry[0] == name) for name in names}
    return table | {"all": figures(parsed)}


def parse_all(model: Path, sentences: list[Sentence]) -> tuple[list[Parsed], float]:
    """Parse each sentence with a trained Rasa model; also return milliseconds per message."""
    from rasa.core.agent import Agent

    agent = Agent.load(str(model))
    if agent.processor is None:
        raise RuntimeError(f"{model} cannot be loaded")

    async def run() -> tuple[list[Parsed], float]:
        await agent.parse_message("hallo")  # lazy imports are not what is measured
        started, found = time.perf_counter(), []
        for language, intent, text in sentences:
            said: dict[str, Any] = await agent.parse_message(text)
            ranking = [entry["name"] for entry in said["intent_ranking"]]
            found.append((language, intent, said["intent"]["name"], ranking))
        return found, 1000 * (time.perf_counter() - started) / len(sentences)

    return asyncio.run(run())


def measure(name: str, chosen: list[str]) -> dict[str, Any]:
    """Train and measure one pipeline in this process."""
    from rasa.model_training import train_nlu

    with tempfile.TemporaryDirectory() as folder:
        config = yaml.safe_load((ROOT / "config.yml").read_text(encoding="utf-8"))
        if PIPELINES[name]:
            config["pipeline"] = PIPELINES[name]
        own = Path(folder, "config.yml")
        own.write_text(yaml.safe_dump(config), encoding="utf-8")
        # Languages that are not ours teach the language detector only.
        read = [*chosen, "other"] if name == "ours" else chosen
        data = Path(folder, "nlu")
        data.mkdir()
        for language in read:
            (data / language).symlink_to(ROOT / "data/nlu" / language)
        started = time.perf_counter()
        trained = train_nlu(str(own), str(data), folder)
        seconds = time.perf_counter() - started
        size = Path(str(trained)).stat().st_size / 1e6
        # A fresh process: training would count into the memory of serving.
        served = _child("--serve", str(trained), "--languages", *chosen)
    return {**served, "seconds": seconds, "size": size}


def serve(model: Path, chosen: list[str]) -> dict[str, Any]:
    """Measure a trained model in this process."""
    parsed, milliseconds = parse_all(model, test_sentences(chosen))
    # Not getrusage: that also counts what the parent held before this process began.
    status = Path("/proc/self/status").read_text(encoding="ascii")
    peak = int(re.search(r"VmHWM:\s+(\d+) kB", status)[1]) / 1024
    return {"table": by_language(parsed), "milliseconds": milliseconds, "memory": peak}


def learning_curve(chosen: list[str], target: Path) -> None:
    """Plot accuracy over the number of training sentences per intent and language."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    from components import intent_classifier

    points = []
    for limit in CURVE:
        seen: dict[tuple[str, str], int] = {}
        kept = []
        for language, intent, text in training_sentences(chosen):
            seen[language, intent] = seen.get((language, intent), 0) + 1
            if seen[language, intent] <= limit:
                kept.append((language, intent, text))
        spoken, intents, texts = zip(*kept, strict=True)
        model = intent_classifier.train(texts, intents, spoken, keep=450_000)
        parsed = []
        for language, intent, text in test_sentences(chosen):
            ranking = intent_classifier.rank(model, text, language)[0]
            parsed.append((language, intent, "", [name for name, _ in ranking]))
        points.append((limit, figures(parsed)))
        print(limit, points[-1][1], flush=True)
    figure, axes = pyplot.subplots(figsize=(7, 4))
    for column in COLUMNS[:2]:
        axes.plot(CURVE, [found[column] for _, found in points], marker="o", label=column)
    axes.set(xlabel="sentences per intent and language, at most", ylabel="right, %")
    axes.grid(alpha=0.3)
    axes.legend()
    figure.tight_layout()
    target.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(target, dpi=120)


def _child(*arguments: str) -> dict[str, Any]:
    command = [sys.executable, "-m", "benchmarks.nlu", *arguments]
    done = subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True)
    return json.loads(done.stdout.splitlines()[-1])


def _print(name: str, result: dict[str, Any]) -> None:
    print(f"\n{name}: training {result['seconds']:.0f} s, model {result['size']:.1f} MB, ", end="")
    print(f"{result['milliseconds']:.1f} ms a message, {result['memory']:.0f} MB memory\n")
    print("| | " + " | ".join(COLUMNS) + " |\n" + "|---" * (len(COLUMNS) + 1) + "|")
    for language, row in result["table"].items():
        print(f"| {language} | " + " | ".join(f"{row[key]:.1f}" for key in COLUMNS) + " |")


def main() -> None:
    """Read the command line and print one table per pipeline."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--languages", nargs="+", default=languages(), choices=languages())
    parser.add_argument("--skip", nargs="+", default=[], choices=list(PIPELINES))
    parser.add_argument("--curve", action="store_true", help="only draw accuracy over sentences")
    parser.add_argument("--only", choices=list(PIPELINES), help=argparse.SUPPRESS)
    parser.add_argument("--serve", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.curve:
        learning_curve(given.languages, ROOT / "docs/images/accuracy.png")
    elif given.serve:
        print(json.dumps(serve(given.serve, given.languages)))
    elif given.only:
        print(json.dumps(measure(given.only, given.languages)))
    else:
        for name in PIPELINES:
            if name not in given.skip:
                _print(name, _child("--only", name, "--languages", *given.languages))


if __name__ == "__main__":
    main()
