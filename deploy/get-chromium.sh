#!/usr/bin/env bash
# Chromium from the system's packages, for the tests that look at a page: Playwright brings none of its own here.
set -euo pipefail
if command -v chromium >/dev/null || command -v chromium-browser >/dev/null; then exit; fi
as_root=$([ "$(id -u)" = 0 ] || command -v sudo) || as_root=none
if [ "$as_root" = none ] || ! command -v apt-get >/dev/null; then
  echo "Chromium is missing. Next, as root: apt-get install chromium (or what your system calls it)" >&2
  exit 1
fi
echo "Chromium is missing: installing it with apt-get"
apt=("${as_root:-env}" env DEBIAN_FRONTEND=noninteractive apt-get -qq -o DPkg::Lock::Timeout=300)
"${apt[@]}" update
"${apt[@]}" install -y --no-install-recommends chromium >/dev/null
