"""What a service imports before it answers."""

import subprocess
import sys

from indexing.archive.shard_process import CODE

PROGRAM = """
import sys
import service.open_local, service.serve
print("haystack" in sys.modules, "torch" in sys.modules)
import torch
from haystack.utils import ComponentDevice
print(torch.ones(2).sum().item())
"""


def test_pytorch_is_left_to_encoders_of_ones_own() -> None:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM], cwd=CODE, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout.split()) == (0, ["True", "False", "2.0"]), done.stderr
