"""Dictionary files written here go in; words with their translations, likeliest first, come out."""

import gzip
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from training.dictionaries import (
    PACKAGES,
    Dictionary,
    MissingDictionaryError,
    chain,
    fill,
    packages_to_install,
    read_dictd,
    read_dictionaries,
    read_dictionary,
)

_DIGITS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"


def _base64(number: int) -> str:
    digits = _DIGITS[number % 64]
    while number := number // 64:
        digits = _DIGITS[number % 64] + digits
    return digits


def _write_dictd(root: Path, name: str, entries: list[tuple[str, str]]) -> tuple[Path, Path]:
    folder = root / "usr/share/dictd"
    folder.mkdir(parents=True, exist_ok=True)
    index, data = folder / f"{name}.index", folder / f"{name}.dict.dz"
    content, lines = b"", []
    for headword, entry in entries:
        encoded = entry.encode()
        lines.append(f"{headword}\t{_base64(len(content))}\t{_base64(len(encoded))}\n")
        content += encoded
    index.write_text("".join(lines), encoding="utf-8")
    with gzip.open(data, "wb") as file:
        file.write(content)
    return index, data


@settings(deadline=None)
@given(st.lists(st.text(alphabet="abcé дом本\n", max_size=200), min_size=1, max_size=80))
def test_dictd_any_entries_come_back_as_written(
    tmp_path_factory: pytest.TempPathFactory, entries: list[str]
) -> None:
    written = [(f"word{number}", entry) for number, entry in enumerate(entries)]
    files = _write_dictd(tmp_path_factory.mktemp("dictd"), "any", written)
    assert list(read_dictd(*files)) == written


def test_freedict_entry_loses_marks_notes_and_definitions(tmp_path: Path) -> None:
    _write_dictd(
        tmp_path,
        "freedict-eng-fra",
        [
            ("00databaseshort", "English-French"),
            (
                "book",
                "book /bʊk/\n1. livre (à lire), bouquin <n> 2.\npages bound together\n2. demander [form.]\n",
            ),
            ("river", "river /ˈrɪvə/\nrivière\n"),
        ],
    )
    dictionary = read_dictionary("en", "fr", tmp_path)
    assert dictionary.translations["book"][0] == "livre"
    assert set(dictionary.translations["book"]) == {"livre", "bouquin", "demander"}
    assert set(dictionary.translations) == {"book", "river"}
    assert [package.name for package in dictionary.packages] == ["dict-freedict-eng-fra"]


def test_freedict_headword_cut_at_a_blank_is_left_out(tmp_path: Path) -> None:
    entries = [("house", "house /haus/\nhus\n"), ("house", "house /hausɔfwəːʃip/\nkyrka\n")]
    _write_dictd(tmp_path, "freedict-eng-swe", entries)
    assert read_dictionary("en", "sv", tmp_path).translations == {"house": ("hus",)}


def test_the_other_direction_is_turned_round(tmp_path: Path) -> None:
    _write_dictd(tmp_path, "freedict-fra-eng", [("maison", "maison /mɛzɔ̃/ <n, fem>\nhouse\n")])
    assert read_dictionary("en", "fr", tmp_path).translations == {"house": ("maison",)}
    assert read_dictionary("fr", "en", tmp_path).translations == {"maison": ("house",)}


def test_a_too_general_translation_stands_behind_a_fitting_one(tmp_path: Path) -> None:
    _write_dictd(tmp_path, "freedict-fra-eng", [("construire", "construire <v>\n1. do, make, build\n")])
    assert read_dictionary("fr", "en", tmp_path).translations["construire"][0] == "build"


def test_ding_pairs_singular_with_singular_and_plural_with_plural(tmp_path: Path) -> None:
    path = tmp_path / "usr/share/trans/de-en"
    path.parent.mkdir(parents=True)
    path.write_text(
        "# a comment\n"
        "Buch {n} | Bücher {pl} :: book | books\n"
        "Jahrhundert {n} /Jh./; Säkulum {n} | Jahrhunderte {pl} :: century /c./ | centuries\n"
        "jdm. etw. anvertrauen {vt} :: to entrust sb. with sth.\n",
        encoding="utf-8",
    )
    translations = read_dictionary("en", "de", tmp_path).translations
    assert translations["book"] == ("Buch",)
    assert translations["books"] == ("Bücher",)
    assert translations["century"][0] in ("Jahrhundert", "Säkulum")
    assert translations["centuries"] == ("Jahrhunderte",)


def test_mueller_senses_keep_only_russian(tmp_path: Path) -> None:
    entry = "city\n   [sɪtɪ] _n.\n   1) город (в Англии); центр\n   2) _attr. городской; city hall ратуша\n"
    _write_dictd(tmp_path, "mueller7", [("city", entry)])
    assert set(read_dictionary("en", "ru", tmp_path).translations["city"]) == {"город", "центр", "городской"}


def test_edict_reads_japanese_words_but_none_of_hiragana_alone(tmp_path: Path) -> None:
    path = tmp_path / "usr/share/edict/edict"
    path.parent.mkdir(parents=True)
    path.write_bytes("子供 [こども] /(n) child/(P)/\nから /(prt) from/\n".encode("euc-jp"))
    assert read_dictionary("ja", "en", tmp_path).translations == {"子供": ("child",)}


def test_capital_headword_never_stands_for_the_lower_case_word(tmp_path: Path) -> None:
    entries = [("Turkey", "Turkey /tɜːki/\nTurquie\n"), ("turkey", "turkey /tɜːki/\ndinde\n")]
    _write_dictd(tmp_path, "freedict-eng-fra", entries)
    dictionary = read_dictionary("en", "fr", tmp_path)
    assert dictionary.translations == {"turkey": ("dinde",)}
    assert dictionary.names == {"turkey": ("Turquie",)}


def test_missing_package_error_names_the_command(tmp_path: Path) -> None:
    with pytest.raises(MissingDictionaryError, match=r"apt-get install .*mueller7-dict"):
        read_dictionary("en", "ru", tmp_path)


def test_unknown_pair_error_lists_the_known_ones(tmp_path: Path) -> None:
    with pytest.raises(MissingDictionaryError, match="en-ru"):
        read_dictionary("en", "eo", tmp_path)


def test_missing_packages_are_skipped_and_logged_on_demand(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    _write_dictd(tmp_path, "freedict-fra-eng", [("maison", "maison\nhouse\n")])
    found = read_dictionaries([("en", "fr"), ("en", "ru")], tmp_path, skip_missing=True)
    assert [(d.source, d.target) for d in found] == [("en", "fr")]
    assert "mueller7-dict" in caplog.text
    with pytest.raises(MissingDictionaryError):
        read_dictionaries([("en", "ru")], tmp_path)


def test_chain_goes_by_the_best_translation_and_fill_adds_what_is_missing() -> None:
    first = Dictionary("en", "fr", {"house": ("maison",), "war": ("guerre", "lutte")})
    second = Dictionary("fr", "es", {"guerre": ("guerra",), "lutte": ("lucha",)})
    chained = chain(first, second)
    assert chained.translations == {"war": ("guerra",)}
    filled = fill(Dictionary("en", "es", {"house": ("casa",)}), chained)
    assert filled.translations == {"house": ("casa",), "war": ("guerra",)}
    with pytest.raises(ValueError, match="Cannot chain"):
        chain(second, first)
    with pytest.raises(ValueError, match="Cannot fill"):
        fill(first, second)


def test_table_names_a_licence_and_a_version_of_every_package() -> None:
    assert all(package.licence and package.version for package in PACKAGES)
    assert len({package.name for package in PACKAGES}) == len(PACKAGES)
    assert all(package.name in packages_to_install() for package in PACKAGES)
