#!/bin/sh
# What `npm run demo` and `npm test` need on a fresh clone, then the command given, with Node 24 from node_modules.
#   usage: sh scripts/with-dependencies.sh node scripts/demo.ts
#   --installed, for what needs no broker: nothing is installed, but said where packages are missing
# npm starts this with whatever Node the machine has; only the command itself needs 24.
set -eu
cd "$(dirname "$0")/.."
say() { printf 'snowsink: %s\n' "$*" >&2; }
fail() { say "$*"; exit 1; }

lock=node_modules/.package-lock.json # npm writes it last, so an install that was cut off does not count
installed=
if [ "${1:-}" = --installed ]; then
  shift
  installed=yes
  [ -f "$lock" ] || fail 'the npm packages are not installed: run npm ci, then the same command again.'
elif [ ! -f "$lock" ] || [ -n "$(find package-lock.json -newer "$lock")" ]; then
  say 'installing the npm packages of package-lock.json (a minute or two, once) …'
  npm ci --no-audit --no-fund --loglevel=error || fail 'npm ci failed: its message is above; mend that and run the same command again.'
  touch "$lock"
fi
PATH=$PWD/node_modules/.bin:$PATH
export PATH
node --version 2>/dev/null | grep -Eq '^v(2[4-9]|[3-9][0-9])\.' ||
  fail "node_modules/.bin/node is not Node 24 or later: remove the folder node_modules and run the same command again."
if [ -n "$installed" ]; then
  [ $# -gt 0 ] || exit 0
  exec "$@"
fi

# Kafka: a broker that is there, a container, or a JVM.
kafka_image=apache/kafka:3.9.1
has_container() {
  docker info >/dev/null 2>&1 || return 1
  docker image inspect "$kafka_image" >/dev/null 2>&1 && return 0
  say "pulling $kafka_image (once) …"
  docker pull -q "$kafka_image" >/dev/null 2>&1
}
has_jvm() {
  command -v mvn >/dev/null 2>&1 || return 1
  version=$(java -version 2>&1 | sed -n 's/.*version "\([0-9]*\).*/\1/p' | head -n 1)
  [ "${version:-0}" -ge 17 ]
}
install_jvm() {
  [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1 || return 1
  say 'no Docker engine and no JDK 17+ with Maven here: installing both Debian packages by apt-get (once) …'
  apt-get update -q >/dev/null && DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends default-jdk-headless maven >/dev/null
}
if [ -z "${KAFKA_BOOTSTRAP_SERVERS:-}" ] && ! has_container && ! has_jvm; then
  install_jvm && has_jvm ||
    fail 'a real Kafka broker is needed: start Docker, or install a JDK (17 or later) and Maven, then run the same command again.'
fi

exec "$@"
