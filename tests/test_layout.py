"""The way data flows is kept: imports point one way, names stay plain, nothing private is borrowed."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("indexing", "service", "evaluation", "training")
VAGUE = {"utils", "helpers", "manager", "core", "common", "base", "misc"}
FILES = sorted(path for package in PACKAGES for path in (ROOT / package).rglob("*.py"))
# What the service may use of indexing: its archive, and the one function that adds articles with what goes into it.
FROM_INDEXING = (
    "indexing.archive",
    "indexing.add_articles",
    "indexing.encode_in_processes",
    "indexing.encode_plans",
    "indexing.errors",
    "indexing.ray_",
    "indexing.read_files",
    "indexing.reindex",
)


def imports(path: Path) -> Iterator[tuple[str, list[str]]]:
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module:
            yield node.module, [alias.name for alias in node.names]
        elif isinstance(node, ast.Import):
            for alias in node.names:
                yield alias.name, []


def name(path: Path) -> str:
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("path", FILES, ids=name)
def test_imports_point_one_way(path: Path) -> None:
    package = path.relative_to(ROOT).parts[0]
    for module, _ in imports(path):
        top = module.split(".")[0]
        assert top != "training" or package == "training", f"{name(path)} imports {module}"
        if package == "training":
            assert top != "evaluation", f"{name(path)} imports {module}"
        if package == "indexing":
            assert top not in ("service", "evaluation"), f"{name(path)} imports {module}"
        if package == "service":
            if top == "evaluation":
                assert path.name == "command_line.py", f"{name(path)} imports {module}"
            if top == "indexing":
                assert module.startswith(FROM_INDEXING), f"{name(path)} imports {module}"
        if "answering" in path.parts:
            assert not module.startswith(("service.faces", "fastapi", "starlette")), (
                f"{name(path)} imports {module}"
            )
        if "archive" in path.parts and top == "indexing":
            assert module.startswith(("indexing.archive", "indexing.errors")), (
                f"{name(path)} imports {module}"
            )


@pytest.mark.parametrize("path", FILES, ids=name)
def test_nothing_private_is_borrowed(path: Path) -> None:
    for module, names in imports(path):
        if module.split(".")[0] in PACKAGES:
            assert not [one for one in names if one.startswith("_")], f"{name(path)} borrows from {module}"


def test_names_say_what_a_file_does() -> None:
    assert not [name(path) for path in FILES if path.stem in VAGUE or path.parent.name in VAGUE]


def test_steps_of_answering_are_connected_in_one_place_only() -> None:
    users = [
        name(path)
        for path in FILES
        if path.parts[-3:-1] == ("service", "answering")
        for module, names in imports(path)
        if module == "haystack" and "Pipeline" in names
    ]
    assert users == ["service/answering/pipeline.py"]


def test_faces_know_neither_haystack_nor_qdrant() -> None:
    for path in (ROOT / "service" / "faces").rglob("*.py"):
        for module, _ in imports(path):
            assert not module.startswith(("haystack", "qdrant")), f"{name(path)} imports {module}"
