"""Stories of editors who break one thing in `data/` and read what the check says about it."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml

from bot.data_check import check, problems
from bot.data_check.contents import BUTTONS
from bot.data_check.material import fold
from bot.data_check.reading import sentences
from bot.knowledge import PLACEHOLDER
from bot.settings import ROOT

TOPICS = ("bank_account", "deposit")
LANGUAGES = ("de", "bg")
TODAY = date(2026, 11, 25)
WASTE = "https://www.wuppertal.de"


class Small:
    """A copy of two topics in two languages, and what changes when an editor breaks it."""

    def __init__(self, folder: Path) -> None:
        self.data, self.tests = folder / "data", folder / "tests"
        self.before: list[str] = []

    def make(self) -> None:
        """Copy the two topics and what belongs to them."""
        (self.tests / "sentences").mkdir(parents=True)
        for language in LANGUAGES:
            for kind, names in (("answers", "_*.yml"), ("nlu", "_dialogue.yml")):
                (self.data / kind / language).mkdir(parents=True)
                for path in (ROOT / "data" / kind / language).glob(names):
                    shutil.copy(path, self.data / kind / language)
            for topic in TOPICS:
                answer = (ROOT / f"data/answers/{language}/{topic}.md").read_text(encoding="utf-8")
                # Else every change of the German would also make this translation outdated.
                answer = re.sub(r"^source_hash: .*\n", "", answer, flags=re.MULTILINE)
                (self.answers(language) / f"{topic}.md").write_text(answer, encoding="utf-8")
                shutil.copy(
                    ROOT / f"data/nlu/{language}/{topic}.yml", self.data / "nlu" / language
                )
            text = yaml.safe_dump({"language": language, "sentences": {}})
            (self.tests / f"sentences/{language}.yml").write_text(text, encoding="utf-8")
        self._copy_tables()

    def _copy_tables(self) -> None:
        def only(name: str, keys: set[str]) -> None:
            raw = read(ROOT / "data" / name)
            self.write(name, {key: raw[key] for key in raw if key in keys})

        topics = read(ROOT / "data/topics.yml")
        topics["topics"] = {key: topics["topics"][key] for key in TOPICS}
        for topic in topics["topics"].values():
            topic["related"], topic["contacts"] = [], ["police"]
        self.write("topics.yml", topics)
        bodies = [path.read_text(encoding="utf-8") for path in self.data.glob("answers/*/*.md")]
        used = {name for body in bodies for name in PLACEHOLDER.findall(body)}
        contacts = {"police"} | {name.removeprefix("phone.") for name in used}
        only("facts.yml", used)
        only("contacts.yml", contacts)
        only("languages.yml", set(LANGUAGES))
        lines = read(self.answers("bg") / "_contacts.yml")
        lines["texts"] = {key: lines["texts"][key] for key in lines["texts"] if key in contacts}
        self.write("answers/bg/_contacts.yml", lines)

    def answers(self, language: str) -> Path:
        return self.data / "answers" / language

    def write(self, name: str, value: Any) -> None:
        text = yaml.dump(value, Dumper=yaml.CSafeDumper, allow_unicode=True, sort_keys=False)
        (self.data / name).write_text(text, encoding="utf-8")

    def edit(self, name: str, change: Callable[[Any], object]) -> None:
        """Change a YAML file."""
        value = read(self.data / name)
        change(value)
        self.write(name, value)

    def front(self, language: str, topic: str, key: str, value: str) -> None:
        """Set a line at the top of an answer."""
        path = self.answers(language) / f"{topic}.md"
        text = re.sub(rf"^{key}: .*\n", "", path.read_text(encoding="utf-8"), flags=re.MULTILINE)
        path.write_text(text.replace("---\n", f"---\n{key}: {value}\n", 1), encoding="utf-8")

    def add(self, language: str, topic: str, text: str) -> None:
        """Write something at the end of an answer."""
        with (self.answers(language) / f"{topic}.md").open("a", encoding="utf-8") as file:
            file.write(f"\n{text}\n")

    def add_short(self, language: str, topic: str, text: str) -> None:
        """Write something at the end of the short answer."""
        path = self.answers(language) / f"{topic}.md"
        whole = path.read_text(encoding="utf-8").replace("\n\n## steps", f"{text}\n\n## steps")
        path.write_text(whole, encoding="utf-8")

    def train(self, language: str, topic: str, *texts: str) -> None:
        """Add training sentences."""
        with (self.data / f"nlu/{language}/{topic}.yml").open("a", encoding="utf-8") as file:
            file.writelines(f"    - {text}\n" for text in texts)

    def test(self, language: str, topic: str, text: str, says: str = "") -> None:
        """Write the only test sentence of a language."""
        value = {"language": says or language, "sentences": {topic: [text]}}
        path = self.tests / f"sentences/{language}.yml"
        path.write_text(yaml.safe_dump(value, allow_unicode=True), encoding="utf-8")

    def now(self) -> list[str]:
        found = problems(self.data, self.tests, TODAY)
        return [f"{p.level} {p.language or '-'} {p}" for p in found]

    def new(self) -> list[str]:
        """Return what the editor broke."""
        return [line for line in self.now() if line not in self.before]


def read(path: Path) -> Any:
    """Return what a YAML file says."""
    return yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)


@pytest.fixture(scope="module")
def unbroken(tmp_path_factory: pytest.TempPathFactory) -> Small:
    """Make the copy once; it takes longer than a test."""
    copy = Small(tmp_path_factory.mktemp("unbroken"))
    copy.make()
    copy.before = copy.now()
    return copy


@pytest.fixture
def small(tmp_path: Path, unbroken: Small) -> Small:
    shutil.copytree(unbroken.data.parent, tmp_path, dirs_exist_ok=True)
    mine = Small(tmp_path)
    mine.before = unbroken.before
    return mine


def value(amount: int, first: str, last: str | None) -> dict[str, Any]:
    """Return a value of a fact as it stands in facts.yml."""
    return {
        "value": amount,
        "valid_from": date.fromisoformat(first),
        "valid_to": date.fromisoformat(last) if last else None,
        "source": "Gesetz",
        "certainty": "verified",
    }


def test_a_copy_of_two_topics_has_no_errors(small: Small) -> None:
    assert [line for line in small.before if line.startswith("error")] == []


# --- What is there


def test_a_missing_answer_names_the_file_to_translate(small: Small) -> None:
    (small.answers("bg") / "deposit.md").unlink()
    assert small.new() == [
        "error bg data/answers/bg/deposit.md: is missing, translate answers/de/deposit.md"
    ]


def test_an_answer_to_no_topic(small: Small) -> None:
    (small.answers("bg") / "deposit.md").rename(small.answers("bg") / "kaution.md")
    assert (
        "error bg data/answers/bg/kaution.md: is no topic of topics.yml, add it there or "
        "correct the file name"
    ) in small.new()


def test_an_answer_copied_from_another_language(small: Small) -> None:
    small.front("bg", "deposit", "language", "de")
    assert small.new() == [
        "error bg data/answers/bg/deposit.md: must say `language: bg`; copied by mistake?"
    ]


def test_a_broken_answer_does_not_hide_the_other_problems(small: Small) -> None:
    (small.answers("bg") / "deposit.md").write_text("empty", encoding="utf-8")
    small.front("bg", "bank_account", "state", "done")
    lines = small.new()
    assert (
        "error bg data/answers/bg/deposit.md: must begin with `---`, title and state, `---`"
    ) in lines
    assert (
        "error bg data/answers/bg/bank_account.md: has the state «done», "
        "choose one of draft, machine, reviewed, outdated"
    ) in lines


def test_a_broken_table_is_reported(small: Small) -> None:
    small.edit("facts.yml", lambda facts: next(iter(facts.values())).pop("what"))
    key = next(iter(read(small.data / "facts.yml")))
    assert (
        f"error - data/facts.yml: entry `{key}` is incomplete or wrong: KeyError('what')"
    ) in small.new()


def test_a_missing_and_an_unknown_interface_text(small: Small) -> None:
    def rename(raw: Any) -> None:
        raw["texts"]["greeting"] = raw["texts"].pop("greet")

    small.edit("answers/bg/_interface.yml", rename)
    path = "error bg data/answers/bg/_interface.yml:"
    assert small.new() == [
        f"{path} `greet` is missing, translate it from German",
        f"{path} `greeting` is no key of the German file, remove or correct it",
    ]


def test_a_missing_interface(small: Small) -> None:
    (small.answers("bg") / "_interface.yml").unlink()
    assert small.new() == [
        "error bg data/answers/bg/_interface.yml: is missing, translate answers/de/_interface.yml"
    ]


def test_an_unquoted_no(small: Small) -> None:
    small.edit("answers/bg/_interface.yml", lambda raw: raw["texts"].update(button_no=False))
    assert small.new() == [
        "error bg data/answers/bg/_interface.yml: `button_no` is read as False instead of text, "
        "put it in quotes"
    ]


def test_contact_lines(small: Small) -> None:
    def change(raw: Any) -> None:
        raw["texts"] = {key: text for key, text in raw["texts"].items() if key != "police"}
        raw["texts"]["polizei"] = "Полиция"

    small.edit("answers/bg/_contacts.yml", change)
    path = "data/answers/bg/_contacts.yml:"
    assert small.new() == [
        f"warning bg {path} `police` is missing, translate its `what`",
        f"error bg {path} `polizei` is no contact of contacts.yml, remove or correct it",
    ]


def test_missing_contact_lines(small: Small) -> None:
    (small.answers("bg") / "_contacts.yml").unlink()
    lines = small.new()
    assert lines == [
        "warning bg data/answers/bg/_contacts.yml: is missing, "
        "translate every `what` of contacts.yml"
    ]


def test_a_language_that_is_not_registered(small: Small) -> None:
    (small.data / "answers/xx").mkdir()
    assert small.new() == [
        "error xx data/answers/xx: xx is no language of languages.yml, add it there or rename this"
    ]


# --- Translations


def test_a_translation_lacks_a_value(small: Small) -> None:
    path = small.answers("bg") / "deposit.md"
    text = path.read_text(encoding="utf-8").replace("{claim_years}", "някои")
    path.write_text(text, encoding="utf-8")
    assert small.new() == [
        "error bg data/answers/bg/deposit.md: lacks {claim_years}, which German has, add it"
    ]


def test_a_translation_has_a_value_of_its_own(small: Small) -> None:
    small.add("bg", "bank_account", "{claim_years}")
    assert small.new() == [
        "error bg data/answers/bg/bank_account.md: has {claim_years}, which German lacks, "
        "remove it"
    ]


def test_an_interface_text_loses_a_command_and_a_value(small: Small) -> None:
    def change(raw: Any) -> None:
        consent = raw["texts"]["consent"]
        raw["texts"]["consent"] = consent.replace("/delete", "x").replace("{retention_days}", "x")

    small.edit("answers/bg/_interface.yml", change)
    path = "error bg data/answers/bg/_interface.yml: `consent`"
    assert small.new() == [
        f"{path} lacks /delete, which German has, add it",
        f"{path} lacks {{retention_days}}, which German has, add it",
    ]


def test_a_translation_lost_a_step(small: Small) -> None:
    path = small.answers("bg") / "deposit.md"
    text = re.sub(r"^4\. .*\n", "", path.read_text(encoding="utf-8"), flags=re.MULTILINE)
    path.write_text(text, encoding="utf-8")
    assert small.new() == [
        "error bg data/answers/bg/deposit.md: has 3 steps, German has 4, make them the same"
    ]


def test_links_differ(small: Small) -> None:
    small.add("de", "deposit", f"[Stadt]({WASTE})")
    small.add("bg", "deposit", f"[град]({WASTE}/bg)")
    path = "error bg data/answers/bg/deposit.md:"
    assert small.new() == [
        f"{path} lacks the German link {WASTE}, add it",
        f"{path} has the link {WASTE}/bg, which German lacks, remove it",
    ]


def test_the_german_text_moved_on(small: Small) -> None:
    small.front("bg", "deposit", "source_hash", "0123456789ab")
    [line] = small.new()
    assert re.fullmatch(
        "warning bg data/answers/bg/deposit.md: is outdated, the German text has changed: "
        "compare, then set `source_hash: [0-9a-f]{12}`",
        line,
    )


# --- Each text by itself


def test_an_unknown_fact_and_an_unknown_phone(small: Small) -> None:
    for language in LANGUAGES:
        small.add(language, "deposit", "{wrong_days} {phone.nobody}")
    path = "error de data/answers/de/deposit.md:"
    assert [line for line in small.new() if line.startswith("error de")] == [
        f"{path} {{phone.nobody}} is not a contact with a phone number, add or correct it",
        f"{path} {{wrong_days}} is not a fact, add or correct it",
    ]


def test_a_misspelt_placeholder(small: Small) -> None:
    small.add("bg", "deposit", "{Claim Years}")
    assert small.new() == [
        "error bg data/answers/bg/deposit.md: has a brace that is no {placeholder}, "
        "correct or remove it"
    ]


def test_a_short_answer_is_measured_with_its_longest_value(small: Small) -> None:
    long, longer = value(1, "2020-01-01", "2026-12-31"), value(123456789, "2027-01-01", None)
    claim = {"what": "Frist", "unit": "number", "values": [long, longer]}
    small.edit("facts.yml", lambda facts: facts.update(claim_years=claim))
    small.before = small.now()
    path = small.answers("de") / "bank_account.md"
    text = re.sub(r"---\n[^-]*?\n## steps", "---\n{claim_years}\n\n## steps", path.read_text())
    path.write_text(text, encoding="utf-8")
    small.add_short("de", "bank_account", "**" + "a" * (450 - len("123.456.789")) + "**")
    assert not [line for line in small.new() if "short answer" in line]
    small.add_short("de", "bank_account", "a")
    assert (
        "error de data/answers/de/bank_account.md: short answer has 451 characters, cut it to 450"
    ) in small.new()


def test_one_step_is_too_few_and_five_are_too_many(small: Small) -> None:
    for language in LANGUAGES:
        path = small.answers(language) / "deposit.md"
        text = path.read_text(encoding="utf-8").replace("\n4. ", "\n4. x\n5. ")
        path.write_text(text, encoding="utf-8")
    assert small.new() == [
        f"error {language} data/answers/{language}/deposit.md: has 5 numbered steps, write 2 to 4"
        for language in sorted(LANGUAGES, reverse=True)
    ]


def test_titles(small: Small) -> None:
    small.front("bg", "deposit", "title", "")
    small.front("de", "deposit", "title", "a" * 41)
    assert small.new() == [
        "error de data/answers/de/deposit.md: title has 41 characters, cut it to 40",
        "error bg data/answers/bg/deposit.md: has no title, write `title:` at the top",
    ]


def test_two_topics_of_the_same_title(small: Small) -> None:
    small.front("bg", "deposit", "title", "Пари")
    small.front("bg", "bank_account", "title", "пари")
    assert small.new() == [
        "error bg data/answers/bg/deposit.md: has the title of bank_account.md, choose another"
    ]


def test_long_labels(small: Small) -> None:
    small.edit(
        "answers/bg/_interface.yml",
        lambda raw: raw["texts"].update(button_no="a" * 33, command_help="a" * 61),
    )
    path = "data/answers/bg/_interface.yml:"
    assert small.new() == [
        f"warning bg {path} `button_no` has 33 characters, cut it to 32",
        f"error bg {path} `command_help` has 61 characters, cut it to 60",
    ]


def test_every_label_of_a_button_in_the_program_is_measured() -> None:
    source = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "bot").glob("*.py"))
    labels = set(re.findall(r"button\(\s*\"([a-z_]+)\"", source))
    assert {label for label in labels if not label.startswith("button_")} == set(BUTTONS)


@pytest.mark.parametrize(
    ("link", "problem"),
    [
        ("[x](http://www.wuppertal.de)", "link http://www.wuppertal.de does not begin with "),
        ("www.wuppertal.de", "link www.wuppertal.de does not begin with "),
        ("[x](https://wuppertal)", "link https://wuppertal is no address, correct it"),
        ("[x](https://[a)", "link https://[a is no address, correct it"),
        ("[x](https://a.de/?utm_source=b&c=d)", "tells who sent the reader, remove utm_source"),
        ("[x] (https://a.de)", "has an incomplete link, write [text](https://...)"),
        ("[x](", "has an incomplete link, write [text](https://...)"),
        ("[x]()", "link () does not begin with https://, correct it"),
    ],
)
def test_wrong_links(small: Small, link: str, problem: str) -> None:
    for language in LANGUAGES:
        small.add(language, "deposit", link)
    lines = [line for line in small.new() if line.startswith("error de data/answers/de/deposit")]
    assert len(lines) == 1
    assert problem in lines[0]


def test_a_good_link_is_no_problem(small: Small) -> None:
    for language in LANGUAGES:
        small.add(language, "deposit", f"[x]({WASTE}/rathaus/a%201.php?id=12#oben)")
    assert small.new() == []


def test_the_link_of_a_contact(small: Small) -> None:
    small.edit("contacts.yml", lambda raw: raw["police"].update(web="http://polizei.nrw"))
    assert small.new() == [
        "error - data/contacts.yml: link http://polizei.nrw does not begin with https://, "
        "correct it"
    ]


@pytest.mark.parametrize(
    "amount",
    ["12 €", "13,90 Euro", "20 %", "20 Prozent", "€ 5", "5 евро", "20 процента", "٥ يورو", "%20"],
)
def test_typed_amounts(small: Small, amount: str) -> None:
    small.add("bg", "deposit", f"x {amount} y")
    assert small.new() == [
        f"error bg data/answers/bg/deposit.md: «{amount}» is typed, "
        "use a {placeholder} from facts.yml"
    ]


def test_years_and_dates_may_be_typed(small: Small) -> None:
    small.add("bg", "deposit", "1 август 2026, 3 европейски")
    assert small.new() == []


def test_a_reviewed_text_says_by_whom_and_when(small: Small) -> None:
    small.front("bg", "deposit", "state", "reviewed")
    small.edit("answers/bg/_interface.yml", lambda raw: raw.update(state="reviewed"))
    for path in ("deposit.md", "_interface.yml"):
        name = f"error bg data/answers/bg/{path}:"
        assert f"{name} is reviewed by nobody, add `reviewed_by: name`" in small.new()
        assert (
            f"{name} is reviewed on «», write a past day as `reviewed_on: 2026-12-31`"
        ) in small.new()


def test_a_rightly_reviewed_text(small: Small) -> None:
    small.front("bg", "deposit", "state", "reviewed")
    small.front("bg", "deposit", "reviewed_by", "Mila")
    small.front("bg", "deposit", "reviewed_on", "2026-11-24")
    assert small.new() == []


def test_nobody_reviews_in_the_future(small: Small) -> None:
    small.front("bg", "deposit", "state", "reviewed")
    small.front("bg", "deposit", "reviewed_by", "Mila")
    small.front("bg", "deposit", "reviewed_on", "2026-11-26")
    assert small.new() == [
        "error bg data/answers/bg/deposit.md: is reviewed on «2026-11-26», write a past day as "
        "`reviewed_on: 2026-12-31`"
    ]


# --- Facts


@pytest.mark.parametrize(
    ("values", "problem"),
    [
        (
            [value(3, "2026-12-01", None)],
            "error - data/facts.yml: `claim_years` has no value for today, add the value that "
            "holds now",
        ),
        (
            [value(3, "2026-01-01", "2027-01-24")],
            "warning - data/facts.yml: `claim_years` ends on 2027-01-24 without a successor, "
            "add the value that follows",
        ),
        (
            [value(3, "2026-01-01", "2026-12-31"), value(4, "2026-12-31", None)],
            "error - data/facts.yml: `claim_years` has two values on 2026-12-31, end the first "
            "one before",
        ),
        (
            [value(3, "2026-01-01", None), value(4, "2027-01-01", None)],
            "error - data/facts.yml: `claim_years` has two values on 2027-01-01, end the first "
            "one before",
        ),
        (
            [value(3, "2026-01-01", "2026-12-30"), value(4, "2027-01-01", None)],
            "error - data/facts.yml: `claim_years` has no value between 2026-12-30 and "
            "2027-01-01, fill the gap",
        ),
    ],
)
def test_values_of_a_fact(small: Small, values: list[dict[str, Any]], problem: str) -> None:
    small.edit("facts.yml", lambda facts: facts["claim_years"].update(values=values))
    assert small.new() == [problem]


@pytest.mark.parametrize(
    "values",
    [
        [value(3, "2026-01-01", "2026-12-31"), value(4, "2027-01-01", None)],
        [value(3, "2026-01-01", str(TODAY + timedelta(days=61)))],
    ],
)
def test_right_values_of_a_fact(small: Small, values: list[dict[str, Any]]) -> None:
    small.edit("facts.yml", lambda facts: facts["claim_years"].update(values=values))
    assert small.new() == []


def test_an_unused_fact_and_an_unused_contact(small: Small) -> None:
    small.edit("facts.yml", lambda raw: raw.update(spare=raw["claim_years"]))
    small.edit("contacts.yml", lambda raw: raw.update(spare=raw["police"]))
    lines = [line for line in small.new() if line.startswith("warning -")]
    assert lines == [
        "warning - data/facts.yml: no text uses `spare`, use it or remove it",
        "warning - data/contacts.yml: no topic uses `spare`, list it with a topic or remove it",
    ]


# --- Topics


def test_a_topic_names_what_does_not_exist(small: Small) -> None:
    wrong = {"group": "flat", "contacts": ["police", "nobody"], "related": ["nothing"]}
    small.edit("topics.yml", lambda raw: raw["topics"]["deposit"].update(wrong))
    path = "error - data/topics.yml: `deposit` names the"
    assert small.new() == [
        f"{path} group `flat`, which is unknown, add or correct it",
        f"{path} contact `nobody`, which is unknown, add or correct it",
        f"{path} related topic `nothing`, which is unknown, add or correct it",
    ]


def test_a_group_without_a_name(small: Small) -> None:
    small.edit("topics.yml", lambda raw: raw["groups"].update(pets={"emoji": "🐈"}))
    assert small.new() == [
        "error de data/answers/de/_interface.yml: `group_pets` is missing, "
        "name the group of topics.yml"
    ]


def test_two_topics_of_the_same_emoji(small: Small) -> None:
    small.edit("topics.yml", lambda raw: raw["topics"]["bank_account"].update(emoji="♻"))
    small.edit("topics.yml", lambda raw: raw["topics"]["deposit"].update(emoji="♻️"))
    assert small.new() == [
        "error - data/topics.yml: `deposit` has the emoji ♻️ of `bank_account`, choose another"
    ]


def test_a_topic_is_due(small: Small) -> None:
    due = {"review_by": date(2026, 11, 24)}
    small.edit("topics.yml", lambda raw: raw["topics"]["deposit"].update(due))
    assert small.new() == [
        "warning - data/topics.yml: `deposit` was due for review on 2026-11-24, "
        "check it and set a new day"
    ]


# --- Reading


def test_a_german_text_that_few_can_read(small: Small) -> None:
    small.add("de", "deposit", "Mietkautionsversicherungsgesellschaften " * 20)
    [line] = small.new()
    assert re.fullmatch(
        r"warning de data/answers/de/deposit\.md: reads like school year \d+\.\d, more than 6: "
        "use shorter sentences and words",
        line,
    )


def test_numbers_and_list_items_do_not_blur_the_ends_of_sentences() -> None:
    text = "- Am 1. August kostet es 13,90 €\n- Was hilft?\n\n2. Fragen Sie:"
    assert sentences(text) == "Am 1 August kostet es 1390 €.\nWas hilft?\nFragen Sie."


# --- Training and test sentences


def test_spellings_that_count_as_the_same() -> None:
    assert fold("  Çöp, NEREYE atılır?!") == fold("cop nereye atilir")
    assert fold("Übergabe-Protokoll") == "ubergabe protokoll"
    assert fold("👍") != fold("👎")


def test_a_sentence_twice_in_an_intent(small: Small) -> None:
    small.train("de", "deposit", "Zebra an Kai gegeben!", "zebra an kai gegeben")
    assert small.new() == [
        "warning de data/nlu/de/deposit.yml: «zebra an kai gegeben» repeats "
        "«Zebra an Kai gegeben!», replace one"
    ]


def test_nearly_the_same_sentence(small: Small) -> None:
    small.train("de", "deposit", "das zebra hat den kai gesehen", "das zebra hat den kai gesehn")
    assert small.new() == [
        "warning de data/nlu/de/deposit.yml: «das zebra hat den kai gesehn» is nearly "
        "«das zebra hat den kai gesehen», replace one"
    ]


def test_a_sentence_in_two_intents_even_of_two_languages(small: Small) -> None:
    small.train("bg", "bank_account", "zebra kai")
    small.train("de", "deposit", "Zebra Kai")
    assert small.new() == [
        "error de data/nlu/de/deposit.yml: «Zebra Kai» of deposit is also in bank_account "
        "(data/nlu/bg/bank_account.yml), keep it in one"
    ]


def test_a_test_sentence_that_was_trained_on(small: Small) -> None:
    small.train("de", "deposit", "Zebra Kai?")
    small.test("de", "deposit", "zebra kai")
    assert small.new() == [
        "error de tests/sentences/de.yml: «zebra kai» stands in data/nlu/de/deposit.yml too, "
        "write another here"
    ]


def test_a_test_sentence_of_an_unknown_intent_in_the_wrong_language(small: Small) -> None:
    small.test("de", "kaution", "zebra kai", says="bg")
    path = "error de tests/sentences/de.yml:"
    assert small.new() == [
        f"{path} says `language: bg`, write `language: de` or rename it",
        f"{path} `kaution` is neither a topic nor in _dialogue.yml, correct the name",
    ]


def test_training_sentences_of_another_language(small: Small) -> None:
    small.edit("nlu/bg/deposit.yml", lambda raw: raw["nlu"][0].update(metadata={"language": "ru"}))
    assert small.new() == [
        "error bg data/nlu/bg/deposit.yml: deposit says `language: ru`, write `language: bg` "
        "or move it"
    ]


def test_too_few_sentences(small: Small) -> None:
    def shorten(raw: Any) -> None:
        # Too short to be compared letter by letter.
        raw["nlu"][0]["examples"] = "\n".join(f"- zebra {number}" for number in range(44))

    small.edit("nlu/de/deposit.yml", shorten)
    assert small.new() == [
        "warning de data/nlu/de/deposit.yml: `deposit` has 44 sentences, write 45"
    ]


def test_unreadable_training_sentences(small: Small) -> None:
    (small.data / "nlu/de/deposit.yml").write_text("nlu: [", encoding="utf-8")
    assert any(
        line.startswith("error - data/nlu/de/deposit.yml: cannot be read, look at this place:")
        for line in small.new()
    )


# --- The report


def test_the_report_is_grouped_and_counted(
    small: Small, capsys: pytest.CaptureFixture[str]
) -> None:
    small.front("bg", "deposit", "state", "done")
    small.front("bg", "deposit", "source_hash", "0123456789ab")
    assert check(small.data, small.tests) == 1
    report = capsys.readouterr().out
    _before, _heading, bulgarian = report.partition("== bg\nErrors:\n")
    assert bulgarian.startswith("  data/answers/bg/deposit.md: has the state «done», choose")
    assert "\nWarnings:\n" in bulgarian
    assert re.search(r"^\d+ errors, \d+ warnings\n\Z", report, re.MULTILINE)


def test_nothing_to_report(
    small: Small, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.data_check.CHECKS", ())
    assert check(small.data, small.tests) == 0
    assert capsys.readouterr().out == "All good!\n"


def test_our_own_data_has_no_errors() -> None:
    found = problems(ROOT / "data", ROOT / "tests")
    assert [str(problem) for problem in found if problem.level == "error"] == []
