"""The names of countries in a language that the tables know or do not know."""

from service.answering.world_names import world_names


def test_world_names_of_an_unknown_language_have_the_shared_ones_alone() -> None:
    assert "germany" in world_names("en")
    assert world_names("xx")["nato"] == frozenset({"NATO"})
