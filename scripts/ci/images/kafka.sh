# apache/kafka:VERSION from Maven's jars: a JRE, Kafka's own start-up class for the KAFKA_… environment, and the few scripts that are used.
build_kafka() {
  local version=$1
  local context=$work/kafka-$version log=org.slf4j:slf4j-reload4j:1.7.36
  [ "${version%%.*}" -lt 4 ] || log=org.apache.logging.log4j:log4j-slf4j-impl:2.24.3
  mkdir -p "$context/bin" "$context/etc"
  command -v mvn >/dev/null || install maven
  {
    echo '<project><modelVersion>4.0.0</modelVersion><groupId>image</groupId><artifactId>kafka</artifactId><version>1</version><dependencies>'
    for coordinates in "org.apache.kafka:kafka_2.13:$version" "org.apache.kafka:kafka-tools:$version" "$log"; do
      IFS=: read -r group artifact number <<<"$coordinates"
      echo "<dependency><groupId>$group</groupId><artifactId>$artifact</artifactId><version>$number</version></dependency>"
    done
    echo '</dependencies></project>'
  } >"$context/pom.xml"
  step "apache/kafka:$version: jars" \
    mvn -q -B -f "$context/pom.xml" dependency:copy-dependencies -DincludeScope=runtime "-DoutputDirectory=$context/libs"
  kafka_configuration "$context/etc"
  kafka_scripts "$context/bin"
  chmod -R a+rx "$context/bin" "$context/etc"
  cat >"$context/Dockerfile" <<'DOCKERFILE'
FROM debian:bookworm-slim
RUN apt-get update -q && apt-get install -y -q --no-install-recommends openjdk-17-jre-headless && rm -rf /var/lib/apt/lists/*
RUN useradd --uid 1000 --create-home appuser \
  && mkdir -p /etc/kafka/docker /etc/kafka/secrets /var/lib/kafka/data /mnt/shared/config /opt/kafka/config
COPY libs /opt/kafka/libs
COPY bin /opt/kafka/bin
COPY etc /etc/kafka/docker
RUN chown -R appuser /etc/kafka /var/lib/kafka /mnt/shared /opt/kafka/config
EXPOSE 9092
USER appuser
VOLUME ["/etc/kafka/secrets", "/var/lib/kafka/data", "/mnt/shared/config"]
CMD ["/etc/kafka/docker/run"]
DOCKERFILE
  step "apache/kafka:$version: build" build "apache/kafka:$version" "$context"
}

kafka_configuration() {
  cat >"$1/server.properties" <<'PROPERTIES'
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@localhost:9093
listeners=PLAINTEXT://:9092,CONTROLLER://:9093
advertised.listeners=PLAINTEXT://localhost:9092
controller.listener.names=CONTROLLER
log.dirs=/tmp/kraft-combined-logs
offsets.topic.replication.factor=1
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
PROPERTIES
  cat >"$1/log4j.properties" <<'PROPERTIES'
log4j.rootLogger=INFO,stdout
log4j.appender.stdout=org.apache.log4j.ConsoleAppender
log4j.appender.stdout.layout=org.apache.log4j.PatternLayout
log4j.appender.stdout.layout.ConversionPattern=[%d] %p %m (%c)%n
PROPERTIES
  cat >"$1/log4j2.yaml" <<'YAML'
Configuration:
  Appenders: {Console: {name: STDOUT, PatternLayout: {pattern: "[%d] %p %m (%c)%n"}}}
  Loggers: {Root: {level: INFO, AppenderRef: [{ref: STDOUT}]}}
YAML
  # Kafka's wrapper makes server.properties from KAFKA_… and formats the storage; a restarted container keeps its log directory
  cat >"$1/run" <<'BASH'
#!/bin/bash
export CLUSTER_ID=${CLUSTER_ID:-5L6g3nShT-eMCtK--X86sw}
cd /opt/kafka
out=$(bin/kafka-run-class.sh kafka.docker.KafkaDockerWrapper setup --default-configs-dir /etc/kafka/docker \
  --mounted-configs-dir /mnt/shared/config --final-configs-dir config 2>&1) ||
  [[ ${out,,} == *"already formatted"* ]] || { echo "$out"; exit 1; }
logs=/etc/kafka/docker
export KAFKA_LOG4J_OPTS="${KAFKA_LOG4J_OPTS:--Dlog4j.configuration=file:$logs/log4j.properties -Dlog4j2.configurationFile=$logs/log4j2.yaml}"
exec bin/kafka-server-start.sh config/server.properties
BASH
}

kafka_scripts() {
  local script class
  cat >"$1/kafka-run-class.sh" <<'SH'
#!/bin/sh
exec java ${KAFKA_HEAP_OPTS:--Xmx1G} ${KAFKA_JVM_PERFORMANCE_OPTS:--XX:+UseSerialGC} $KAFKA_LOG4J_OPTS $KAFKA_OPTS -cp "/opt/kafka/libs/*:$CLASSPATH" "$@"
SH
  while read -r script class; do
    printf '#!/bin/sh\nexec "$(dirname "$0")/kafka-run-class.sh" %s "$@"\n' "$class" >"$1/$script.sh"
  done <<'SCRIPTS'
kafka-server-start kafka.Kafka
kafka-storage kafka.tools.StorageTool
kafka-topics org.apache.kafka.tools.TopicCommand
kafka-consumer-groups org.apache.kafka.tools.consumer.group.ConsumerGroupCommand
SCRIPTS
}
