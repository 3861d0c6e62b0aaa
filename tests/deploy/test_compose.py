"""docker-compose.yml follows the Compose specification, and every service in it is shut in as far as it can be."""

import re
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from service.settings import load_settings

ROOT = Path(__file__).resolve().parents[2]
TEXT = (ROOT / "docker-compose.yml").read_text("utf-8")
KEYS = {"CITEWELL_API_KEYS": "a-key", "QDRANT_API_KEY": "another-key"}
VARIABLE = re.compile(r"\$\{(\w+)(?:(:?[-?])([^}]*))?\}")
NODES = ("qdrant", "qdrant-2", "qdrant-3")
REPLICAS = ("citewell", "citewell-2")


class VariableMissing(Exception):
    """Compose would stop here and print this."""


def filled(text: str, environment: Mapping[str, str]) -> str:
    """The text with its variables put in, as Compose does before it reads it."""

    def value(match: re.Match[str]) -> str:
        name, operator, rest = match.groups()
        given = environment.get(name)
        if operator and operator.startswith(":"):
            given = given or None
        if given is None and operator and operator.endswith("?"):
            raise VariableMissing(rest)
        return rest or "" if given is None else given

    return VARIABLE.sub(value, text)


def composed(**environment: str) -> dict[str, Any]:
    """What Compose would start, its extensions left out and YAML's merges made."""
    read = yaml.safe_load(filled(TEXT, KEYS | environment))
    return {name: part for name, part in read.items() if not name.startswith("x-")}


SERVICES: dict[str, dict[str, Any]] = composed()["services"]


@pytest.mark.parametrize(
    "environment",
    [
        {},
        {"QDRANT_URL": ""},
        {"TORCH_INDEX": "http://127.0.0.1/cpu", "LLM_FILE": "small.gguf", "LLM_FOLDER": "/srv/llm"},
    ],
    ids=["defaults", "embedded", "everything set"],
)
def test_it_follows_the_specification(environment: dict[str, str]) -> None:
    compose_spec = pytest.importorskip("compose_spec", reason="compose-spec is not installed")
    project = compose_spec.PyCompose.from_yaml(yaml.safe_dump(composed(**environment)))
    project.validate()
    assert set(project.service_names()) == set(SERVICES)


def test_the_specification_is_really_asked() -> None:
    compose_spec = pytest.importorskip("compose_spec", reason="compose-spec is not installed")
    wrong = composed()
    wrong["services"]["qdrant"]["helthcheck"] = {}
    with pytest.raises(ValueError, match="helthcheck"):
        compose_spec.PyCompose.from_yaml(yaml.safe_dump(wrong))


def test_profiles_add_to_what_runs_without_one() -> None:
    by_profile: dict[str, set[str]] = {}
    for name, service in SERVICES.items():
        for profile in service.get("profiles", [""]):
            by_profile.setdefault(profile, set()).add(name)
    assert by_profile == {
        "": {"citewell", "qdrant"},
        "cluster": {"qdrant-2", "qdrant-3", "citewell-2", "proxy"},
        "llm": {"llm"},
    }


def test_what_is_referred_to_is_there() -> None:
    whole = composed()
    volumes = {
        volume.partition(":")[0]
        for service in SERVICES.values()
        for volume in service.get("volumes", [])
        if isinstance(volume, str)
    }
    own_files = {volume for volume in volumes if volume.startswith("./")}
    assert volumes - own_files == set(whole["volumes"])
    assert all((ROOT / file).is_file() for file in own_files)
    for name, service in SERVICES.items():
        assert set(service["networks"]) <= set(whole["networks"])
        for other, condition in service.get("depends_on", {}).items():
            same_profile = SERVICES[other].get("profiles") in (None, service.get("profiles"))
            assert same_profile or condition["required"] is False, f"{name} waits for {other}"


@pytest.mark.parametrize("name", SERVICES)
def test_every_service_is_shut_in(name: str) -> None:
    service = SERVICES[name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service.get("cap_add", []) == (["NET_BIND_SERVICE"] if name == "proxy" else [])
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert service["restart"] == "unless-stopped"
    assert set(service["deploy"]["resources"]["limits"]) == {"cpus", "memory", "pids"}
    assert all("size=" in mount for mount in service["tmpfs"])
    # Without root: by the image (ours, Qdrant's unprivileged one) or by name.
    assert (
        service["image"] == "citewell"
        or service["image"].endswith("-unprivileged")
        or service["user"].split(":")[0] != "0"
    )
    # Ours has its check in the image.
    assert "healthcheck" in service or service["image"] == "citewell"


def test_only_loopback_is_published_and_qdrant_is_not() -> None:
    published = {name: service["ports"] for name, service in SERVICES.items() if "ports" in service}
    assert published == {"citewell": ["127.0.0.1:8000:8000"], "proxy": ["127.0.0.1:8080:8080"]}
    assert composed()["networks"]["inside"] == {"internal": True}
    for name in (*NODES, "llm"):
        assert list(SERVICES[name]["networks"]) == ["inside"]


@pytest.mark.parametrize("missing", KEYS)
def test_a_missing_key_is_asked_for_in_words(missing: str) -> None:
    with pytest.raises(
        VariableMissing, match=f"set {missing} in .env, for example to the output of openssl rand"
    ):
        filled(TEXT, {name: value for name, value in KEYS.items() if name != missing})


@pytest.mark.parametrize("name", REPLICAS)
def test_the_service_understands_what_it_is_given(name: str) -> None:
    environment: dict[str, str] = SERVICES[name]["environment"]
    settings = load_settings(environment | {"QDRANT_API_KEY": "another-key"}, ROOT / "no-such.env")
    assert (str(settings.archive), settings.host, settings.port) == ("/data/archive", "0.0.0.0", 8000)
    assert settings.qdrant_url == "http://qdrant-nodes:6333"
    embedded = composed(QDRANT_URL="")["services"][name]["environment"]
    assert load_settings(embedded, ROOT / "no-such.env").qdrant_url is None


def test_each_node_keeps_its_own_and_answers_to_the_common_name() -> None:
    for name in NODES:
        node = SERVICES[name]
        assert node["volumes"] == [f"{name}:/qdrant/storage", f"{name}-snapshots:/qdrant/snapshots"]
        assert node["networks"]["inside"]["aliases"] == ["qdrant-nodes"]
        assert node["command"][-2:] == ["--uri", f"http://{name}:6335"]
        assert ("--bootstrap" in node["command"]) == (name != "qdrant")


@pytest.mark.parametrize(("status", "healthy"), [(200, True), (503, False)])
def test_the_health_check_of_qdrant_reads_what_the_server_says(
    status: int, healthy: bool, stand_in: Any
) -> None:
    if shutil.which("bash") is None:
        pytest.skip("bash is not installed")
    kind, *command = SERVICES["qdrant"]["healthcheck"]["test"]
    assert kind == "CMD"
    port = stand_in(status=status).port
    command[-1] = command[-1].replace("/6333", f"/{port}")
    result = subprocess.run(command, capture_output=True, timeout=30, check=False)
    assert (result.returncode == 0) is healthy
