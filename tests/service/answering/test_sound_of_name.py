"""A name sounds the same in several languages and scripts."""

import pytest

from service.answering.sound_of_name import sound_of_name, sounds_alike


@pytest.mark.parametrize(
    "pair", ["Khorog Хорог", "Chafiq Shafik", "Gaddafi Каддафи", "Саакашвили Saakaschwili", "Jelzin Eltsine"]
)
def test_sounds_alike_in_several_languages(pair: str) -> None:
    one, other = pair.split()
    assert sounds_alike(sound_of_name(one), sound_of_name(other))
