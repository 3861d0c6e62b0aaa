"""Any Python 3 in; `.venv` with pinned dependencies and the prepared models out. Interrupted, it is run again.

Written for old interpreters too, so that a wrong one gets a sentence and not a syntax error.
"""

import hashlib
import os
import shutil
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
VENV = os.path.join(HERE, ".venv")
PYTHON = os.path.join(VENV, "bin", "python")
OLDEST, NEWEST = (3, 11), (3, 13)
IS_PREPARED = """
import pathlib, sys
from indexing.archive.bundled_model import is_prepared
sys.exit(not is_prepared(pathlib.Path(sys.argv[1])))
"""


def main():
    """Set up what is missing; `--dev` adds what tests and checks need."""
    dev = "--dev" in sys.argv
    use_fitting_python()
    wanted = fingerprint(dev)
    stamp = os.path.join(VENV, ".citewell-dev" if dev else ".citewell-run")
    if read(stamp) != wanted and (dev or read(os.path.join(VENV, ".citewell-dev")) != fingerprint(True)):
        require_venv_module()
        if not works(PYTHON, "pip") or version(PYTHON) != version(sys.executable):
            step("environment", [sys.executable, "-m", "venv", "--clear", VENV])
        pip = [PYTHON, "-m", "pip", "install", "--disable-pip-version-check", "-qq"]
        index = os.environ.get("TORCH_INDEX")
        step("torch", pip + ["torch==2.13.0"] + (["--index-url", index] if index else []))
        project = HERE + ("[dev,train,ray]" if dev else "")
        step(
            "dependencies",
            pip + ["--constraint", os.path.join(HERE, "requirements.lock"), "--editable", project],
        )
        with open(stamp, "w") as stream:
            stream.write(wanted)
    models = os.environ.get("CITEWELL_MODELS") or os.path.join(HERE, "models")
    folder = os.path.join(models, "multilingual-e5-small")
    if subprocess.call([PYTHON, "-c", IS_PREPARED, folder], cwd=HERE) != 0:
        step("models", [PYTHON, "-m", "indexing.prepare_models", models])


def use_fitting_python():
    """Go on under a Python that fits, when this one does not."""
    if OLDEST <= sys.version_info[:2] <= NEWEST:
        return
    for minor in range(NEWEST[1], OLDEST[1] - 1, -1):
        other = shutil.which("python3.%d" % minor)
        if other and works(other, "ensurepip"):
            os.execv(other, [other] + sys.argv)
    sys.exit(
        "citewell: this is Python %d.%d; Python 3.11, 3.12 or 3.13 is needed. Install one, or name it: "
        "make run PYTHON=/path/to/python3.11" % sys.version_info[:2]
    )


def require_venv_module():
    """Say which package is missing where a distribution splits venv off."""
    try:
        import ensurepip  # noqa: F401, PLC0415 - only asked for
        import venv  # noqa: F401, PLC0415
    except ImportError as error:
        sys.exit(
            "citewell: this Python lacks the module %r; install it (Debian, Ubuntu: apt-get install "
            "python3-venv) and run the same command again" % error.name
        )


def works(python, module):
    """Whether an interpreter is there, runs, and has a module."""
    try:
        return subprocess.call([python, "-c", "import " + module], stderr=subprocess.DEVNULL) == 0
    except OSError:
        return False


def version(python):
    """Major and minor version of an interpreter, as it says them itself."""
    return subprocess.check_output([python, "-c", "import sys; print(sys.version_info[:2])"])


def step(name, command):
    """Run one step and print its seconds; on failure say that running again resumes."""
    print("set-up: %s ..." % name, flush=True)
    started = time.time()
    if subprocess.call(command, cwd=HERE) != 0:
        sys.exit(
            "citewell: set-up stopped at %r; its message is above. Run the same command again to resume."
            % name
        )
    print("set-up: %s done in %.0f s" % (name, time.time() - started), flush=True)


def fingerprint(dev):
    """What the environment was made from."""
    digest = hashlib.sha256(repr((dev, sys.version_info[:2])).encode())
    for name in ("pyproject.toml", "requirements.lock"):
        with open(os.path.join(HERE, name), "rb") as stream:
            digest.update(stream.read())
    return digest.hexdigest()


def read(path):
    """The text of a file, empty when there is none."""
    try:
        with open(path) as stream:
            return stream.read()
    except OSError:
        return ""


if __name__ == "__main__":
    main()
