"""The manifests in deploy/kubernetes fit Kubernetes' own schemas, each other, and what the service understands."""

import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from service.settings import load_settings
from tests.deploy.test_compose import ROOT, SERVICES

FOLDER = ROOT / "deploy" / "kubernetes"
OBJECTS: list[dict[str, Any]] = [
    one for file in sorted(FOLDER.glob("*.yaml")) for one in yaml.safe_load_all(file.read_text("utf-8"))
]
WORKLOADS = {one["metadata"]["name"]: one for one in OBJECTS if one["kind"] in ("Deployment", "StatefulSet")}
# preStop's sleep is known from 1.30 on.
VERSIONS = ("1.30", "1.33", "1.37")
SECRET = {"CITEWELL_API_KEYS": "a-key", "QDRANT_API_KEY": "another-key"}


def named(one: dict[str, Any]) -> str:
    return f"{one['kind']} {one['metadata']['name']}"


def container(name: str) -> dict[str, Any]:
    (only,) = WORKLOADS[name]["spec"]["template"]["spec"]["containers"]
    return dict(only)


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("one", OBJECTS, ids=named)
def test_each_fits_the_schema(one: dict[str, Any], version: str) -> None:
    kubernetes_validate = pytest.importorskip(
        "kubernetes_validate", reason="kubernetes-validate is not installed"
    )
    assert kubernetes_validate.validate(one, version, strict=True) == version


@pytest.mark.parametrize("name", WORKLOADS)
def test_every_pod_is_shut_in(name: str) -> None:
    pod = WORKLOADS[name]["spec"]["template"]["spec"]
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    assert pod["automountServiceAccountToken"] is False
    # Kubernetes would set CITEWELL_PORT=tcp://..., which the service refuses to start with.
    assert pod["enableServiceLinks"] is False
    only = container(name)
    assert only["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }
    assert {"startupProbe", "readinessProbe", "livenessProbe"} <= set(only)
    assert "memory" in only["resources"]["limits"]
    volumes = {volume["name"] for volume in pod["volumes"]}
    volumes |= {
        claim["metadata"]["name"] for claim in WORKLOADS[name]["spec"].get("volumeClaimTemplates", [])
    }
    assert {mount["name"] for mount in only["volumeMounts"]} == volumes


def test_selectors_find_their_pods_and_ports() -> None:
    for one in OBJECTS:
        spec = one["spec"]
        selector = spec.get("podSelector", spec.get("selector", {}))
        labels = selector.get("matchLabels", selector)
        pods = [
            name
            for name, workload in WORKLOADS.items()
            if labels.items() <= workload["spec"]["template"]["metadata"]["labels"].items()
        ]
        assert len(pods) == 1, named(one)
        if one["kind"] == "Service":
            ports = {port["name"] for port in container(pods[0])["ports"]}
            assert {port["targetPort"] for port in spec["ports"]} <= ports
    services = {one["metadata"]["name"] for one in OBJECTS if one["kind"] == "Service"}
    assert WORKLOADS["qdrant"]["spec"]["serviceName"] in services


def test_the_service_understands_what_it_is_given() -> None:
    environment = {
        variable["name"]: variable.get("value") or SECRET[variable["valueFrom"]["secretKeyRef"]["key"]]
        for variable in container("citewell")["env"]
    }
    settings = load_settings(environment, ROOT / "no-such.env")
    assert settings.qdrant_url == "http://qdrant-nodes:6333"
    # A majority of the copies is still there when one node is lost.
    assert (settings.qdrant_replicas, settings.qdrant_write_consistency) == (3, 2)
    assert WORKLOADS["qdrant"]["spec"]["replicas"] == 3


def test_user_and_image_are_those_of_the_other_recipes() -> None:
    user = re.search(r"^USER (\d+)$", (ROOT / "Dockerfile").read_text("utf-8"), re.MULTILINE)
    assert user
    pod = WORKLOADS["citewell"]["spec"]["template"]["spec"]
    assert pod["securityContext"]["runAsUser"] == int(user[1])
    assert container("qdrant")["image"] == SERVICES["qdrant"]["image"]


@pytest.mark.parametrize(
    ("pod", "wanted"),
    [
        ("qdrant-0", "--uri http://qdrant-0.qdrant-peers:6335"),
        ("qdrant-2", "--bootstrap http://qdrant-0.qdrant-peers:6335 --uri http://qdrant-2.qdrant-peers:6335"),
    ],
)
def test_the_first_node_makes_the_cluster_and_the_others_join_it(
    pod: str, wanted: str, tmp_path: Path
) -> None:
    (tmp_path / "qdrant").write_text('#!/bin/sh\necho "$*"\n', "utf-8")
    (tmp_path / "qdrant").chmod(0o755)
    only = container("qdrant")
    result = subprocess.run(
        [*only["command"], *only["args"]],
        cwd=tmp_path,
        env={"HOSTNAME": pod, "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=True,
        timeout=30,
    )
    assert result.stdout == wanted + "\n"
