#!/bin/sh
# Runs inside the Kafka image: one KRaft node, broker and controller, with small settings for development.
#
#   KAFKA_NAME          what other containers call this one          (default localhost)
#   KAFKA_HOST_ADDRESS  where the host finds the published port 9093 (default 127.0.0.1:9093)
#   KAFKA_PROPERTIES    more lines of server.properties; they win over the ones here
set -eu
cd /var/lib/kafka

cat > server.properties <<PROPERTIES
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:9094
controller.listener.names=CONTROLLER
listeners=INSIDE://:9092,HOST://:9093,CONTROLLER://127.0.0.1:9094
advertised.listeners=INSIDE://${KAFKA_NAME:-localhost}:9092,HOST://${KAFKA_HOST_ADDRESS:-127.0.0.1:9093}
listener.security.protocol.map=INSIDE:PLAINTEXT,HOST:PLAINTEXT,CONTROLLER:PLAINTEXT
inter.broker.listener.name=INSIDE
log.dirs=/var/lib/kafka/records
auto.create.topics.enable=false
group.initial.rebalance.delay.ms=0
offsets.topic.replication.factor=1
offsets.topic.num.partitions=4
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
transaction.state.log.num.partitions=4
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
share.coordinator.state.topic.num.partitions=1
${KAFKA_PROPERTIES:-}
PROPERTIES

set -- -Xmx512m -Dlog4j2.configurationFile=/opt/kafka/log4j2.yaml -cp '/opt/kafka/jars/*'
if [ ! -f records/meta.properties ]; then
    id=$(head -c 16 /dev/urandom | base64 | tr '+/' '__' | tr -d '=') # no "-": it could look like an option
    java "$@" kafka.tools.StorageTool format --cluster-id "$id" --config server.properties
fi
exec java "$@" kafka.Kafka server.properties
