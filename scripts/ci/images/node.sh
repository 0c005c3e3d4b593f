# node:24-bookworm-slim: Node 24 and npm from the npm registry, with this machine's npm settings.
build_node() {
  local context=$work/node arch=x64
  local local=$context/root/usr/local
  [ "$(uname -m)" = x86_64 ] || arch=arm64
  mkdir -p "$local/bin" "$local/etc"
  step 'node:24-bookworm-slim: npm packages' npm install --prefix "$local/lib" --no-save "node-linux-$arch@24" npm@11
  mv "$local/lib/node_modules/node-linux-$arch/bin/node" "$local/bin/node"
  rm -r "$local/lib/node_modules/node-linux-$arch"
  for command in npm npx; do ln -s "../lib/node_modules/npm/bin/$command-cli.js" "$local/bin/$command"; done
  cat "$(npm config get globalconfig 2>/dev/null)" "$(npm config get userconfig 2>/dev/null)" 2>/dev/null |
    grep -E '^(//|@[^=]+:registry|strict-ssl|_auth)' >"$local/etc/npmrc" || true
  echo "registry=$(npm config get registry 2>/dev/null)" >>"$local/etc/npmrc"
  cat >"$local/bin/docker-entrypoint.sh" <<'SH'
#!/bin/sh
# options and script files are for node, all else is a command
case "$1" in
  -*) set -- node "$@" ;;
  *) command -v "$1" >/dev/null && { [ ! -f "$1" ] || [ -x "$1" ]; } || set -- node "$@" ;;
esac
exec "$@"
SH
  chmod +x "$local/bin/docker-entrypoint.sh"
  cat >"$context/Dockerfile" <<'DOCKERFILE'
FROM debian:bookworm-slim
RUN groupadd --gid 1000 node && useradd --uid 1000 --gid node --shell /bin/bash --create-home node
COPY root/ /
ENV NODE_EXTRA_CA_CERTS=/etc/ssl/certs/ca-certificates.crt
ENTRYPOINT ["docker-entrypoint.sh"]
CMD ["node"]
DOCKERFILE
  step 'node:24-bookworm-slim: build' build node:24-bookworm-slim "$context"
}
