# apicurio/apicurio-registry:VERSION from the archive that Maven Central has: the same port, folder, user and variables for java.
build_apicurio() {
  local version=$1
  local context=$work/apicurio-$version
  mkdir -p "$context"
  command -v mvn >/dev/null || install maven
  # Maven leaves a marker in a folder below the current one
  cd "$context"
  step "apicurio/apicurio-registry:$version: archive" \
    mvn -q -B dependency:unpack "-Dartifact=io.apicurio:apicurio-registry-app:$version:tar.gz:all" "-DoutputDirectory=$context/app"
  cd - >/dev/null
  mv "$context"/app/*-runner.jar "$context/app/registry.jar"
  cat >"$context/Dockerfile" <<'DOCKERFILE'
FROM debian:bookworm-slim
RUN apt-get update -q && apt-get install -y -q --no-install-recommends openjdk-17-jre-headless && rm -rf /var/lib/apt/lists/*
COPY --chown=1001:0 app /deployments
ENV JAVA_OPTIONS="-Dquarkus.http.host=0.0.0.0"
USER 1001
EXPOSE 8080
CMD ["sh", "-c", "exec java $JAVA_OPTIONS $JAVA_OPTS_APPEND -jar /deployments/registry.jar"]
DOCKERFILE
  step "apicurio/apicurio-registry:$version: build" build "apicurio/apicurio-registry:$version" "$context"
}
