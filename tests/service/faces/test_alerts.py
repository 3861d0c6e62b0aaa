"""The alerts that operators get name metrics, labels and values that the service has."""

import re
from pathlib import Path
from typing import Any

import httpx
import yaml
from prometheus_client.parser import text_string_to_metric_families

from service.answering.observe import FAULTS, OUTCOMES

ROOT = Path(__file__).resolve().parents[3]
FILE = ROOT / "deploy" / "alerts.yaml"
_METRIC = re.compile(r"\b(?:citewell|process)_[a-z_]+")
_SELECTED = re.compile(r'([a-z_]+)\{([a-z_]+)(=~|!=|=)"([^"]*)"\}')
FROM_PROMETHEUS = {"instance", "job"}
VALUES = {("citewell_questions_total", "outcome"): OUTCOMES}
VALUES |= {("citewell_verification_failures_total", "kind"): FAULTS}


def rules() -> list[dict[str, Any]]:
    [group] = yaml.safe_load(FILE.read_text("utf-8"))["groups"]
    assert group["name"] == "citewell"
    found: list[dict[str, Any]] = group["rules"]
    return found


def test_every_alert_says_what_is_wrong_and_what_to_do() -> None:
    names = [rule["alert"] for rule in rules()]
    assert len(set(names)) == len(names) >= 8
    for rule in rules():
        assert rule["alert"].startswith("Citewell") and rule["expr"].count("(") == rule["expr"].count(")")
        assert rule["labels"]["severity"] in ("page", "warn")
        assert set(rule["annotations"]) == {"summary", "do"} and all(rule["annotations"].values())


async def test_every_metric_and_label_of_an_alert_is_there(filled: httpx.AsyncClient) -> None:
    assert (await filled.post("/v1/answers", json={"question": "How many came in?"})).is_success
    exposed = (await filled.get("/metrics")).text
    labels: dict[str, set[str]] = {}
    for family in text_string_to_metric_families(exposed):
        for sample in family.samples:
            labels.setdefault(sample.name, set()).update(sample.labels)
    for rule in rules():
        named = set(_METRIC.findall(rule["expr"]))
        assert named or rule["alert"] == "CitewellDown"
        assert named <= set(labels), rule["alert"]
        for metric, label, _, value in _SELECTED.findall(rule["expr"]):
            assert label in FROM_PROMETHEUS or label in labels[metric], rule["alert"]
            allowed = VALUES.get((metric, label))
            assert allowed is None or set(value.split("|")) <= set(allowed), rule["alert"]


def test_every_alert_is_explained() -> None:
    page = (ROOT / "docs" / "operations.md").read_text("utf-8")
    assert [rule["alert"] for rule in rules() if f"`{rule['alert']}`" not in page] == []
