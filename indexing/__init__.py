"""An article goes in: files are read, cut into passages, encoded and stored in the archive."""

import os

# ONNX Runtime tells its maker of every start, from compiled code; only this, set before its import, keeps it from that.
os.environ["ORT_DISABLE_TELEMETRY"] = "1"
