"""What a resident lives through on Telegram: first contact, answers, everything odd they send."""

from __future__ import annotations

import asyncio

import pytest

from bot.rasa_client import Understood
from tests.conftest import ANA, GEORGI, House


async def test_first_contact_leads_by_language_and_consent_to_an_answer(house: House) -> None:
    picker = await house.say("/start")
    assert "Ce limbă vorbiți?" in picker.text.splitlines()[0], "her phone speaks Romanian"
    assert len(picker.button_texts()) == 11
    consent = await house.tap("🇩🇪 Deutsch")
    assert "einverstanden" in consent.text
    menu = await house.tap("Ja, einverstanden")
    assert menu.button_texts()[0] == "🆘 Dringende Hilfe"
    topics = await house.tap("Arbeit")
    assert "💶 Mindestlohn" in topics.button_texts()
    answer = await house.tap("💶 Mindestlohn")
    assert "Mindestlohn ist 13,90\u00a0€" in answer.text
    assert "Was Sie jetzt tun können" in answer.text
    assert "Entwurf" in answer.text, "nobody has reviewed it, and the resident is told"
    more = await house.tap("Mehr dazu")
    assert "Hier bekommen Sie Hilfe" in more.text


async def test_a_question_asked_before_consent_is_answered_after_it(house: House) -> None:
    house.rasa.teach("nu am loc la gradinita", "kita_access")
    await house.say("nu am loc la gradinita")
    assert house.rasa.asked == [], "nothing is understood before consent"
    await house.tap("l:ro")
    answer = await house.tap("consent")
    assert house.rasa.asked[0][1] == "nu am loc la gradinita"
    assert house.app.answers.title("kita_access", "ro") in answer.text


async def test_urgent_help_needs_no_consent(house: House) -> None:
    await house.say("/start")
    await house.tap("l:bg")
    group = await house.tap("g:urgent")
    assert group.buttons[0][0].data in {"t:domestic_violence", "t:emergency"}
    answer = await house.tap("t:domestic_violence")
    numbers = answer.text.splitlines()
    assert any("110" in line for line in numbers[:4]), "numbers stand before everything else"


async def test_rasa_gets_a_random_conversation_and_never_the_telegram_id(house: House) -> None:
    await house.at_home()
    await house.say("frage")
    conversation, _text = house.rasa.asked[0]
    assert str(ANA) not in conversation
    assert len(conversation) == 32


async def test_unsure_offers_the_three_likeliest_topics(house: House) -> None:
    await house.at_home()
    topics = ["deposit", "rent_increase", "utility_costs"]
    house.rasa.knows["geld von vermieter"] = Understood(
        ({"say": "did_you_mean", "topics": topics},)
    )
    question = await house.say("geld von vermieter")
    assert [row[0].data for row in question.buttons[:3]] == [f"t:{t}" for t in topics]
    answer = await house.tap("t:deposit")
    assert "Kaution" in answer.text


async def test_another_language_is_offered_once_and_never_forced(house: House) -> None:
    await house.at_home()
    house.rasa.teach("kolko e minimalnata zaplata", "minimum_wage", language="bg")
    offer = await house.say("kolko e minimalnata zaplata")
    answer = (await house.sees())[-2]
    assert "Mindestlohn" in answer.text, "the chosen language wins"
    assert offer.button_texts() == ["🇧🇬 " + house.app.answers.text("offer_language_yes", "bg")]
    again = await house.say("kolko e minimalnata zaplata")
    assert "Mindestlohn" in again.text, "no second offer"
    menu = await house.tap("l:bg")
    assert house.app.answers.text("language_set", "bg") in menu.text


async def test_when_rasa_is_down_the_resident_hears_it_and_buttons_still_work(
    house: House,
) -> None:
    await house.at_home()
    house.rasa.down = True
    sorry = await house.say("was ist mit meinem lohn")
    assert "gerade nicht lesen" in sorry.text
    assert "112" in sorry.text
    answer = await house.tap("g:housing")
    assert "Wohnen" in answer.text


async def test_simpler_repeats_only_the_steps(house: House) -> None:
    await house.at_home()
    house.rasa.teach("mindestlohn", "minimum_wage")
    house.rasa.teach("einfacher bitte", "simpler")
    assert "Welches Thema" in (await house.say("einfacher bitte")).text
    await house.say("mindestlohn")
    steps = (await house.say("einfacher bitte")).text
    assert "1. " in steps
    assert "13,90" not in steps


@pytest.mark.parametrize("name", ["help", "privacy", "language", "menu"])
async def test_every_command_answers(house: House, name: str) -> None:
    await house.at_home()
    before = len(await house.sees())
    await house.say(f"/{name}")
    assert len(await house.sees()) == before + 1


async def test_commands_are_registered_in_every_language(house: House) -> None:
    await house.telegram.wait_for_calls("setMyCommands", 12, timeout=10)
    calls = house.telegram.calls("setMyCommands")
    assert {call.parameters.get("language_code") for call in calls} >= {"de", "ro", "bg", "ar"}


async def test_media_get_a_helpful_answer_and_stickers_none(house: House) -> None:
    await house.at_home()
    before = len(await house.sees())
    await house.telegram.send_sticker(ANA)
    assert len(await house.sees()) == before
    await house.telegram.send_voice(ANA)
    assert "Sprachnachrichten verstehe ich noch nicht" in (await house.last()).text
    await house.telegram.send_photo(ANA)
    assert "Bilder und Dateien" in (await house.last()).text
    await house.telegram.send_location(ANA)
    assert "Standort" in (await house.last()).text
    await house.telegram.send_contact(ANA)
    assert "Das kann ich nicht lesen" in (await house.last()).text
    await house.telegram.send_poll(ANA)
    before = len(await house.sees())
    await house.telegram.send_album(ANA, 3)
    assert "Bilder und Dateien" in (await house.last()).text
    assert len(await house.sees()) == before + 1, "one answer to an album"


@pytest.mark.parametrize(
    "hostile",
    [
        "\u202e\u202e\u200b\u200b\u2066",
        "\u200b" * 4000,
        "\u0000\u0001",
        "\u200d \u200c",
    ],
)
async def test_text_that_cannot_be_seen_counts_as_empty(house: House, hostile: str) -> None:
    await house.at_home()
    answer = await house.say(hostile)
    assert "Ich sehe keinen Text" in answer.text
    assert house.rasa.asked == []


@pytest.mark.parametrize(
    "hostile",
    [
        "<b>fett</b> <script>alert(1)</script>",
        "'; DROP TABLE residents; --",
        "{minimum_wage} {phone.police} %s %n",
        "/restart",
        "/nosuchcommand@otherbot",
        "*_`[]()~#+-=|{}.!",
        "\u202eabc אבג ابج" * 50,
        "🤷" * 2000,
    ],
)
async def test_hostile_text_is_just_a_text(house: House, hostile: str) -> None:
    await house.at_home()
    answer = await house.say(hostile)
    assert "Dazu weiß ich nichts" in answer.text
    assert not house.rasa.asked[0][1].startswith("/"), "no command reaches Rasa"


async def test_an_edited_message_is_answered_like_a_new_one(house: House) -> None:
    await house.at_home()
    house.rasa.teach("kaution", "deposit")
    sent = await house.telegram.say(ANA, "kautoin")
    await house.settled()
    await house.telegram.edit(ANA, sent.message_id, "kaution")
    assert "Kaution" in (await house.last()).text


async def test_forged_and_stale_buttons_lead_back_to_the_menu(house: House) -> None:
    await house.at_home()
    message = await house.last()
    for data in ("t:nosuchtopic", "t:", "l:xx", "x" * 64, "g:../../etc", "d:'; --", "m:1e400"):
        await house.telegram.press(ANA, message.message_id, data)
        assert "zu alt" in (await house.last()).text
    await house.telegram.press(ANA, message.message_id, "t:deposit", stale=True)
    assert "Kaution" in (await house.last()).text, "too late for the spinner, not for the answer"


async def test_a_second_delivery_of_an_update_is_not_answered_again(house: House) -> None:
    await house.at_home()
    await house.say("/help")
    before = len(await house.sees())
    await house.telegram.redeliver()
    assert len(await house.sees()) == before


async def test_groups_that_are_not_the_staff_group_are_ignored(house: House) -> None:
    other = await house.telegram.create_group("Familie", members=[ANA])
    await house.telegram.say(ANA, "/start", chat=other.id)
    await house.telegram.say(ANA, "hallo bot", chat=other.id)
    await house.settled()
    assert not [m for m in house.telegram.chat(other.id) if m.by_bot]


async def test_who_blocks_the_bot_stops_nobody_else(house: House) -> None:
    await house.at_home()
    await house.at_home(GEORGI, "bg")
    house.telegram.fault("sendMessage", "delay_before", seconds=0.3, chat=ANA)
    await house.telegram.say(ANA, "/help")
    await house.telegram.block(ANA)
    answer = await house.say("/help", GEORGI)
    assert "/menu" in answer.text
    await house.telegram.unblock(ANA)
    assert "/menu" in (await house.say("/help")).text


async def test_a_long_answer_is_cut_between_paragraphs_with_buttons_at_its_end(
    house: House,
) -> None:
    await house.at_home()
    paragraphs = "\n\n".join(f"Absatz {n}: " + "Wort " * 60 for n in range(40))
    knowledge = house.app.answers.knowledge
    answer = knowledge.answers["de", "deposit"]
    knowledge.answers["de", "deposit"] = type(answer)(
        answer.title, "reviewed", answer.short, answer.steps, paragraphs
    )
    before = len(await house.sees())
    await house.tap("g:housing")
    await house.tap("t:deposit")
    await house.tap("m:deposit")
    pieces = (await house.sees())[before + 2 :]
    assert len(pieces) > 2
    assert all(len(piece.text) <= 4096 for piece in pieces)
    assert [bool(piece.buttons) for piece in pieces] == [False] * (len(pieces) - 1) + [True]
    assert "".join(p.text for p in pieces).count("Absatz") == 40, "nothing is cut away"


async def test_typing_is_shown_only_when_the_answer_takes_a_while(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    await house.at_home()
    await house.say("schnell")
    assert not house.telegram.calls("sendChatAction")
    real = house.rasa.understand

    async def slowly(conversation: str, text: str, turn: int) -> Understood:
        await asyncio.sleep(0.6)
        return await real(conversation, text, turn)

    monkeypatch.setattr(house.rasa, "understand", slowly)
    await house.say("langsam")
    assert len(house.telegram.calls("sendChatAction")) == 1
