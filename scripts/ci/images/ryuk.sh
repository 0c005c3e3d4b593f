# testcontainers/ryuk: the reaper that removes what a killed test run left behind; same protocol, written here.
build_ryuk() {
  local context=$work/ryuk
  mkdir -p "$context"
  cp "$here/images/reaper.mjs" "$context/"
  printf '%s\n' 'FROM node:24-bookworm-slim' 'COPY reaper.mjs /' 'CMD ["node", "/reaper.mjs"]' >"$context/Dockerfile"
  step 'testcontainers/ryuk:0.14.0: build' build testcontainers/ryuk:0.14.0 "$context"
}
