#!/usr/bin/env bash
# Make a virtual environment. On a bare Debian or Ubuntu the venv module is a package of its own: install it.
set -euo pipefail
python=$1 venv=$2
"$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || {
  echo "Python 3.11 or newer is needed as '$python'. Next: make PYTHON=python3.12 ..., or install one." >&2
  exit 1
}
if ! "$python" -c 'import ensurepip, venv' 2>/dev/null; then
  package=$("$python" -c 'import sys; print("python%d.%d-venv" % sys.version_info[:2])')
  as_root=$([ "$(id -u)" = 0 ] || command -v sudo) || as_root=none
  if [ "$as_root" = none ] || ! command -v apt-get >/dev/null; then
    echo "$package is missing. Next, as root: apt-get install $package (or what your system calls it)" >&2
    exit 1
  fi
  echo "Installing $package from the system's packages"
  apt=("${as_root:-env}" env DEBIAN_FRONTEND=noninteractive apt-get -qq -o DPkg::Lock::Timeout=300)
  "${apt[@]}" update
  "${apt[@]}" install -y --no-install-recommends "$package" >/dev/null
fi
echo "Making a virtual environment in $venv"
trap 'rm -rf "$venv"' EXIT # half of one would look like a whole one to make
"$python" -m venv "$venv"
trap - EXIT
