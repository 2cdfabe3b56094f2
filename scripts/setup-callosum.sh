#!/bin/sh
# Makes the two Python environments that the interop tests of manager-rpc talk to: callosum 0.9.7 (G2) and 1.0.3 (G3), with all their
# parts at fixed versions. Prints what to set for the tests. Needs Python 3.11 or later (tried: 3.11, 3.12, 3.13), as $PYTHON or python3.
#
# usage: setup-callosum.sh DIR
set -eu

dir=${1:?usage: setup-callosum.sh DIR}
python=${PYTHON:-python3}

# callosum 0.9.7 breaks with async-timeout 5, and aiotools needs typing_extensions without saying so. pyzmq and python-snappy are optional
# parts of callosum: its transport, and compressed messages.
common='attrs==26.1.0 msgpack==1.2.4 python-dateutil==4.0.0 python-snappy==0.7.3 cramjam==2.14.0 pyzmq==27.2.0 temporenc==0.1.0 tzdata==2026.6'
for097='callosum==0.9.7 aiotools==2.2.4 async-lru==2.4.0 async-timeout==4.0.3 typing_extensions==4.16.0'
for103='callosum==1.0.3 yarl==1.25.1 idna==3.20 multidict==7.2.1 propcache==0.5.4'

"$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || {
  echo "setup-callosum: $("$python" --version) is too old, callosum 1.0.3 needs Python 3.11: set PYTHON" >&2
  exit 1
}

# make NAME PACKAGES...
make() {
  target=$dir/$1
  shift
  test -x "$target/bin/python" || "$python" -m venv "$target"
  # temporenc comes as sources of the old kind only, which need setuptools on Python 3.12 and later.
  "$target/bin/python" -m pip install --quiet --disable-pip-version-check 'setuptools==80.9.0' 'wheel==0.45.1'
  # shellcheck disable=SC2086
  "$target/bin/python" -m pip install --quiet --disable-pip-version-check --no-build-isolation $*
  "$target/bin/python" -c 'import callosum, callosum.rpc, callosum.lower.zeromq, snappy; print("callosum", callosum.__version__)' >&2
}

# shellcheck disable=SC2086
make callosum097 $common $for097
# shellcheck disable=SC2086
make callosum103 $common $for103

absolute=$(cd "$dir" && pwd)
echo "BAI_TEST_CALLOSUM_097_PYTHON=$absolute/callosum097/bin/python"
echo "BAI_TEST_CALLOSUM_103_PYTHON=$absolute/callosum103/bin/python"
