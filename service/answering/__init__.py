"""Question in, cited answer out; knows no HTTP and no Slack."""

import os

# Haystack reads this once, when it is first imported, and reports usage to its makers otherwise. Nothing leaves the
# machine, whatever the environment says.
os.environ["HAYSTACK_TELEMETRY_ENABLED"] = "False"
os.environ["ORT_DISABLE_TELEMETRY"] = "1"  # the same of ONNX Runtime; see indexing/__init__.py
