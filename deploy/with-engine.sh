#!/bin/bash
# Runs a command with a container engine at hand and our images built:
#
#     deploy/with-engine.sh python -m pytest tests/integration
#
# Docker is used if it answers. If not, Podman is installed (apt, as root) and set up for this one command,
# in a way that also works where no image registry can be reached, no systemd runs and limits cannot be raised.
# All that is started here ends with the command; images stay. One such command runs at a time, the next waits.
#
#   BASE       base of our images; default debian:bookworm-slim, and where that cannot be had, debootstrap's
#   IMAGES     what to build: "kafka", or "kafka broker" (default)
#   PYTHON     Python 3.11 or later; default that of .venv, else python3
#
# A network that needs its own certificates or package index: what the environment and pip's settings say
# (SSL_CERT_FILE, PIP_CERT, index-url) is lent to the build as secrets, and never gets into an image.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
repository=$(dirname "$here")
home=/var/lib/safeguarding-broker # Podman's images and containers: ours alone, so we may remove any of them
state=/run/safeguarding-broker    # its settings and socket

PYTHON=${PYTHON:-$repository/.venv/bin/python}
command -v "$PYTHON" >/dev/null || PYTHON=python3

say() { printf '%s\n' "$*" >&2; }
fail() { say "$*"; exit 1; }

[ $# -gt 0 ] || fail "usage: deploy/with-engine.sh COMMAND [ARGUMENT]..."

# --- building ------------------------------------------------------------------------------------------------

quietly() { # quietly WHAT COMMAND...: its output is shown only if it fails
    local what=$1 log
    shift
    log=$(mktemp)
    say "$what"
    "$@" >"$log" 2>&1 || { tail -n 40 "$log" >&2; fail "That failed; all it said is in $log. It was: $*"; }
    rm -f "$log"
}

image_tag() { # image_tag FILE...: by what the image is made of; broker/local_kafka/containers.py does the same sum
    cat "$@" | sha256sum | cut -c1-12
}

build_images() { # build_images ARGUMENT...: further arguments of `docker build` or `podman build`
    local secrets kafka=$here/kafka name
    secrets=$(mktemp -d)
    for image in ${IMAGES:-kafka broker}; do
        case $image in
        kafka)
            name=safeguarding-kafka:$(cd "$kafka" && image_tag Dockerfile log4j2.yaml pom.xml start.sh)
            "$engine" image inspect "$name" >/dev/null 2>&1 ||
                quietly "Building the Kafka image." "${builder[@]}" "$@" "${kafka_arguments[@]}" --tag "$name" "$kafka"
            ;;
        broker)
            ca=${PIP_CERT:-${SSL_CERT_FILE:-}}
            "$PYTHON" -m pip config list 2>/dev/null |
                sed -n "s/^[^.]*\.\(index-url\|extra-index-url\|trusted-host\)='\(.*\)'\$/\1 = \2/p" >"$secrets/lines"
            { echo "[global]"; cat "$secrets/lines"; } >"$secrets/pip.conf"
            quietly "Building the broker image." "${builder[@]}" "$@" "${broker_arguments[@]}" \
                --secret "id=pip,src=$secrets/pip.conf" ${ca:+--secret "id=ca,src=$ca"} \
                --file "$here/Dockerfile" --tag safeguarding-broker "$repository"
            ;;
        *) fail "IMAGES: no image called $image" ;;
        esac
    done
    rm -rf "$secrets"
}

kafka_arguments=()
broker_arguments=()

if [ -z "${SAFEGUARDING_ENGINE:-}" ] && docker info >/dev/null 2>&1; then
    say "Docker answers."
    java_ca=/etc/ssl/certs/java/cacerts # this machine's, which may know a certificate that Debian's does not
    [ ! -f "$java_ca" ] || kafka_arguments=(--secret "id=cacerts,src=$java_ca")
    engine=docker builder=(env DOCKER_BUILDKIT=1 docker build)
    build_images ${BASE:+--build-arg "BASE=$BASE"}
    exec "$@"
fi

# --- Podman: install it, and go where it can work -----------------------------------------------------------

if [ "${SAFEGUARDING_ENGINE:-}" != podman ]; then
    say "Docker does not answer: using Podman."
    [ "$(id -u)" = 0 ] || fail "Setting up Podman needs root. Next: start Docker, or run this as root."
    missing=() compose=
    docker compose version >/dev/null 2>&1 || compose=docker-compose # the tests start Kafka with it too
    for package in podman crun netavark aardvark-dns iptables nftables debootstrap $compose; do
        # shellcheck disable=SC2016  # dpkg-query's own variable
        [ "$(dpkg-query --show --showformat='${db:Status-Status}' "$package" 2>/dev/null)" = installed ] ||
            missing+=("$package")
    done
    if [ ${#missing[@]} -gt 0 ]; then
        command -v apt-get >/dev/null || fail "Next: install ${missing[*]}, or start Docker."
        export DEBIAN_FRONTEND=noninteractive
        quietly "Reading apt's package lists." apt-get -o DPkg::Lock::Timeout=300 update
        quietly "Installing ${missing[*]}." \
            apt-get -o DPkg::Lock::Timeout=300 install -y --no-install-recommends "${missing[@]}"
    fi
    mkdir -p "$home/networks" "$state"
    # In a mount namespace of its own: crun refuses the mixture of cgroup v1 with a v2 "unified" mount.
    exec env SAFEGUARDING_ENGINE=podman unshare --mount "$BASH" "${BASH_SOURCE[0]}" "$@"
fi
unset SAFEGUARDING_ENGINE
if mountpoint --quiet /sys/fs/cgroup/unified; then umount /sys/fs/cgroup/unified; fi

exec 9>"$home/lock" # children must not inherit it: 9>&-
flock --nonblock 9 || { say "Another deploy/with-engine.sh is at work: waiting for it."; flock 9; }

at_most() { # at_most LIMIT HARD: whichever is lower
    if [ "$2" = unlimited ] || [ "$2" -gt "$1" ]; then echo "$1"; else echo "$2"; fi
}
files=$(at_most 20000 "$(ulimit -Hn)")
processes=$(at_most 8192 "$(ulimit -Hu)")
cat >"$state/containers.conf" <<CONF
[containers]
default_ulimits = ["nofile=$files:$files", "nproc=$processes:$processes"] # the defaults are above the hard limits
cgroups = "disabled"
[engine]
cgroup_manager = "cgroupfs"
events_logger = "file"
compat_api_enforce_docker_hub = false # our images have local names
[network]
network_config_dir = "$home/networks"
CONF
cat >"$state/storage.conf" <<CONF
[storage]
driver = "overlay"
graphroot = "$home/storage"
runroot = "$state/containers"
CONF
export CONTAINERS_CONF=$state/containers.conf CONTAINERS_STORAGE_CONF=$state/storage.conf

remove_containers() { podman rm --all --force --time 3 --volumes >/dev/null 9>&-; }
remove_containers # of an earlier run that was killed

# --- Podman: base image, our images, socket -----------------------------------------------------------------

if [ -z "${BASE:-}" ]; then
    BASE=localhost/debian:bookworm
    if ! podman image exists "$BASE"; then
        if pulled=$(timeout 60 podman pull --quiet debian:bookworm-slim 2>/dev/null); then
            podman tag "$pulled" "$BASE"
        else
            tree=$(mktemp -d)
            quietly "No image registry answers: making the base image with debootstrap (a minute)." \
                debootstrap --variant=minbase bookworm "$tree"
            tar -C "$tree" -c . | podman import --quiet - "$BASE" >/dev/null
            rm -rf "$tree"
        fi
    fi
fi
jars=$(cd "$repository" && "$PYTHON" -m broker.local_kafka --jars)
engine=podman builder=(podman build --format docker) # the format that keeps health checks
kafka_arguments=(--build-context "jars=$jars")
broker_arguments=(--ignorefile "$here/Dockerfile.dockerignore")
build_images --build-arg "BASE=$BASE" 9>&-

socket=$state/podman.sock
rm -f "$socket"
setpriv --pdeathsig TERM podman system service --time=0 "unix://$socket" >"$state/service.log" 2>&1 9>&- &
service=$!
# shellcheck disable=SC2317  # the trap calls it
finish() {
    remove_containers || true
    kill "$service" 2>/dev/null || true
    wait "$service" 2>/dev/null || true
}
trap finish EXIT
trap 'exit 143' TERM
for _ in $(seq 100); do
    [ -S "$socket" ] && break
    kill -0 "$service" 2>/dev/null || fail "Podman's service ended: $(tail -n 5 "$state/service.log")"
    sleep 0.1
done

export DOCKER_HOST=unix://$socket TESTCONTAINERS_RYUK_DISABLED=true TESTCONTAINERS_HOST_OVERRIDE=127.0.0.1
export TESTCONTAINERS_CONNECTION_MODE=docker_host
say "Podman answers at $DOCKER_HOST."
status=0
"$@" 9>&- || status=$?
exit "$status"
