"""Question in, cited answer out; knows no HTTP and no Slack."""

import importlib
import os
import sys

# Haystack reads this once, when it is first imported, and reports usage to its makers otherwise. Nothing leaves the
# machine, whatever the environment says.
os.environ["HAYSTACK_TELEMETRY_ENABLED"] = "False"
os.environ["ORT_DISABLE_TELEMETRY"] = "1"  # the same of ONNX Runtime; see indexing/__init__.py

# Haystack imports PyTorch where it is installed, for devices that nothing here runs on: 180 MB, and a second of every
# start. It does without where it is not found; an encoder of one's own finds it again.
if "torch" not in sys.modules:
    sys.modules["torch"] = None  # type: ignore[assignment]
    try:
        importlib.import_module("haystack.utils.device")
    finally:
        del sys.modules["torch"]
