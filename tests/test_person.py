"""A caseworker takes over: the staff group on one side, the resident on the other."""

from __future__ import annotations

import pytest

from tests.conftest import ANA, WORKER, House
from tests.telegram_server.seen import SeenMessage


async def open_case(house: House, about: str = "Der Vermieter hat das Schloss getauscht") -> None:
    """Ana asks for a person and says what it is about."""
    await house.at_home()
    await house.say("/person")
    await house.say(about)


async def thread(house: House) -> list[SeenMessage]:
    """Return what stands in the case's forum topic."""
    return [m for m in await house.group_sees() if m.thread]


async def test_one_question_then_the_group_has_the_case(house: House) -> None:
    await house.at_home(language="ro")
    question = await house.say("/person")
    assert house.app.answers.text("case_ask", "ro") in question.text
    opened = await house.say("Proprietarul a schimbat broasca")
    header, about = await thread(house)
    code = header.text.split()[3].split("\n")[0]
    assert code in opened.text, "both sides know the same number"
    assert "Română" in header.text
    assert "Proprietarul a schimbat broasca" in about.text
    assert "Ana" not in header.text + about.text, "no name travels"
    topics = house.telegram.topics(house.group.id)
    assert len(topics) == 1


async def test_a_caseworkers_answer_reaches_the_resident_as_typed(house: House) -> None:
    await open_case(house)
    topic = (await thread(house))[0].thread
    sent = await house.telegram.say(
        WORKER, "Rufen Sie <b>sofort</b> an: *0202*", chat=house.group.id, thread=topic
    )
    answer = await house.last()
    assert answer.text.startswith("👤 Die Beratung schreibt")
    assert "Rufen Sie <b>sofort</b> an: *0202*" in answer.text
    seen = next(m for m in house.telegram.chat(house.group.id) if m.message_id == sent.message_id)
    assert seen.reactions == ["👍"], "the caseworker sees that it was passed on"


async def test_while_a_person_has_the_case_rasa_hears_nothing(house: House) -> None:
    await open_case(house)
    before = len(await house.sees())
    await house.say("Heute kam er wieder")
    assert house.rasa.asked == []
    assert len(await house.sees()) == before, "the bot keeps quiet"
    assert "Heute kam er wieder" in (await thread(house))[-1].text


async def test_voice_and_photos_go_both_ways(house: House) -> None:
    await open_case(house)
    topic = (await thread(house))[0].thread
    await house.telegram.send_voice(ANA)
    await house.settled()
    voices = [m for m in house.telegram.chat(house.group.id) if m.kind == "voice"]
    assert [v.thread for v in voices] == [topic]
    await house.telegram.send_photo(WORKER, chat=house.group.id, thread=topic)
    assert (await house.last()).kind == "photo"


async def test_close_gives_the_chat_back_to_the_bot(house: House) -> None:
    await open_case(house)
    topic = (await thread(house))[0].thread
    await house.telegram.say(WORKER, "/close", chat=house.group.id, thread=topic)
    told = await house.last()
    assert "Die Beratung hat das Gespräch beendet" in told.text
    await house.say("mindestlohn")
    assert [text for _c, text in house.rasa.asked] == ["mindestlohn"]
    (closed,) = house.telegram.topics(house.group.id)
    assert closed.closed
    await house.telegram.close_topic(WORKER, house.group.id, topic, closed=False)
    before = len(await house.sees())
    await house.telegram.say(WORKER, "Noch etwas", chat=house.group.id, thread=topic)
    assert len(await house.sees()) == before
    assert "schon beendet" in (await thread(house))[-1].text


async def test_the_resident_can_end_it_too(house: House) -> None:
    await open_case(house)
    ended = await house.tap("Gespräch beenden")
    assert "Sie haben das Gespräch beendet" in ended.text
    assert "Die Person hat den Fall" in (await thread(house))[-1].text


async def test_words_open_a_case_too_and_a_second_wish_shows_the_number(house: House) -> None:
    await house.at_home()
    house.rasa.teach("ich will mit mensch reden", "talk_to_human")
    question = await house.say("ich will mit mensch reden")
    assert "Worum geht es?" in question.text
    await house.say("Brief vom Amt")
    again = await house.say("/person")
    assert "Sie sprechen schon mit der Beratung" in again.text
    assert len(house.telegram.topics(house.group.id)) == 1


async def test_cancel_opens_no_case(house: House) -> None:
    await house.at_home()
    await house.say("/person")
    await house.tap("Doch nicht")
    await house.say("mindestlohn")
    assert await group_is_quiet(house)


async def group_is_quiet(house: House) -> bool:
    return not await house.group_sees()


async def test_an_urgent_topic_shows_numbers_before_the_question_and_marks_the_case(
    house: House,
) -> None:
    await house.at_home()
    await house.tap("g:urgent")
    await house.tap("t:domestic_violence")
    question = await house.tap("p:domestic_violence")
    assert question.text.index("110") < question.text.index("Worum geht es?")
    await house.say("Er hat mich geschlagen")
    assert (await thread(house))[0].text.startswith("🔴 DRINGEND")


@pytest.mark.group(forum=False)
async def test_without_topics_replies_belong_to_the_case(house: House) -> None:
    await open_case(house)
    header, about = await house.group_sees()
    assert about.reply_to == header.message_id
    await house.telegram.say(WORKER, "Das liest nur das Team", chat=house.group.id)
    before = len(await house.sees())
    assert before == len(await house.sees())
    await house.telegram.say(
        WORKER, "Wir rufen an", chat=house.group.id, reply_to=about.message_id
    )
    assert "Wir rufen an" in (await house.last()).text
    await house.telegram.say(WORKER, "/close", chat=house.group.id, reply_to=header.message_id)
    assert "Die Beratung hat das Gespräch beendet" in (await house.last()).text


@pytest.mark.group(bot_rights={"can_manage_topics": False})
async def test_without_the_right_to_make_topics_the_case_runs_by_replies(house: House) -> None:
    await open_case(house)
    texts = [m.text for m in await house.group_sees()]
    assert any("keine Themen anlegen" in text for text in texts)
    assert "Schloss getauscht" in texts[-1]


async def test_an_edit_is_not_passed_on_and_the_caseworker_is_told(house: House) -> None:
    await open_case(house)
    topic = (await thread(house))[0].thread
    sent = await house.telegram.say(WORKER, "Morgen", chat=house.group.id, thread=topic)
    before = len(await house.sees())
    await house.telegram.edit(WORKER, sent.message_id, "Übermorgen", chat=house.group.id)
    assert "Geändertes wird nicht weitergegeben" in (await thread(house))[-1].text
    assert len(await house.sees()) == before


async def test_the_caseworker_learns_that_the_resident_has_blocked_the_bot(house: House) -> None:
    await open_case(house)
    topic = (await thread(house))[0].thread
    await house.telegram.block(ANA)
    await house.settled()
    assert "blockiert" in (await thread(house))[-1].text
    await house.telegram.say(WORKER, "Hallo?", chat=house.group.id, thread=topic)
    assert "Nicht zugestellt" in (await thread(house))[-1].text


async def test_the_group_may_move_to_a_new_chat_id(house: House) -> None:
    await house.at_home()
    new = await house.telegram.create_group("Beratung", forum=True, members=[WORKER])
    message = {
        "message_id": 900, "date": 1, "chat": {"id": house.group.id, "type": "group"},
        "from": {"id": WORKER, "is_bot": False, "first_name": "x"}, "migrate_to_chat_id": new.id,
    }  # fmt: skip
    await house.telegram.raw({"message": message})
    await house.settled()
    house.group = new
    await house.say("/person")
    await house.say("Brief vom Amt")
    assert "Brief vom Amt" in (await thread(house))[-1].text
