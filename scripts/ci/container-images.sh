#!/usr/bin/env bash
# Makes a Docker engine answer and gives it the images that docker/Dockerfile and the tests name, where no container registry can
# be reached: each is built from Debian, npm and Maven packages. An image that exists is left alone (docker rmi NAME rebuilds it).
# For test machines: the images carry this machine's package-registry settings, so never push them. Needs root on Debian 12.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

say() { printf '%4ds  %s\n' "$SECONDS" "$*"; }
die() {
  say "FAILED: $1"
  [ -z "${2:-}" ] || tail -n 20 "$2"
  exit 1
}
have() { docker image inspect "$1" >/dev/null 2>&1; }
# step TEXT COMMAND…: runs it quietly; its output is shown if it fails
step() {
  local what=$1
  shift
  say "$what"
  "$@" >"$work/step.log" 2>&1 || die "$what" "$work/step.log"
}
install() {
  [ "$(id -u)" = 0 ] || die "installing $* needs root"
  step "apt-get install $*" sh -c "apt-get update -q && DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends $*"
}
# Debian's engine has no BuildKit plugin
build() { DOCKER_BUILDKIT=0 docker build --network host -t "$1" "$2"; }

start_engine() {
  docker info >/dev/null 2>&1 && return
  command -v dockerd >/dev/null || install docker.io iptables
  say 'starting dockerd (its log: /var/log/dockerd.log)'
  nohup setsid dockerd >/var/log/dockerd.log 2>&1 </dev/null &
  for _ in $(seq 120); do
    docker info >/dev/null 2>&1 && return
    sleep 0.5
  done
  die 'dockerd does not answer' /var/log/dockerd.log
}

# Each file defines one function, named in the list below, that makes the image if it cannot be pulled.
for image in debian node kafka apicurio ryuk; do . "$here/images/$image.sh"; done
# image NAME FUNCTION [ARGUMENT…]
image() {
  local name=$1
  shift
  have "$name" && return
  docker pull -q "$name" >/dev/null 2>&1 && { say "$name: pulled"; return; }
  "$@"
  have "$name" || die "$name was not made"
}

start_engine
say "$(docker info --format 'engine {{.ServerVersion}}, {{.Driver}}, cgroup v{{.CgroupVersion}}')"
image debian:bookworm-slim build_debian
image node:24-bookworm-slim build_node
image apache/kafka:3.9.1 build_kafka 3.9.1
image apache/kafka:4.1.1 build_kafka 4.1.1
image testcontainers/ryuk:0.14.0 build_ryuk
(image apicurio/apicurio-registry:3.0.9 build_apicurio 3.0.9) || say 'without this image the schema registry is a child process of its test'
say 'ready'
