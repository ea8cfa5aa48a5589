#!/bin/sh
# Runs inside the Kafka image: one KRaft node, broker and controller, with small settings for development.
#
#   KAFKA_NAME          what other containers call this one          (default localhost)
#   KAFKA_HOST_ADDRESS  where the host finds the published port 9093 (default 127.0.0.1:9093)
#   /etc/kafka-tls      node.pem and ca.pem, mounted: then every listener asks for a certificate, and nobody may do
#                       anything without an ACL but the operator; without these files all is plain and open
#   KAFKA_PROPERTIES    more lines of server.properties; they win over the ones here
set -eu
cd /var/lib/kafka

protocol=PLAINTEXT secured=
if [ -f /etc/kafka-tls/node.pem ]; then
    protocol=SSL
    # the same as broker/local_kafka/settings.py says; a test compares them
    secured='ssl.keystore.type=PEM
ssl.keystore.location=/etc/kafka-tls/node.pem
ssl.truststore.type=PEM
ssl.truststore.location=/etc/kafka-tls/ca.pem
ssl.client.auth=required
ssl.enabled.protocols=TLSv1.3
ssl.principal.mapping.rules=RULE:^CN=([A-Za-z0-9-]+)$/$1/
authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer
allow.everyone.if.no.acl.found=false
super.users=User:kafka-node;User:operator'
fi

cat > server.properties <<PROPERTIES
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:9094
controller.listener.names=CONTROLLER
listeners=INSIDE://:9092,HOST://:9093,CONTROLLER://127.0.0.1:9094
advertised.listeners=INSIDE://${KAFKA_NAME:-localhost}:9092,HOST://${KAFKA_HOST_ADDRESS:-127.0.0.1:9093}
listener.security.protocol.map=INSIDE:$protocol,HOST:$protocol,CONTROLLER:$protocol
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
$secured
${KAFKA_PROPERTIES:-}
PROPERTIES

set -- -Xmx512m -Dlog4j2.configurationFile=/opt/kafka/log4j2.yaml -cp '/opt/kafka/jars/*'
if [ ! -f records/meta.properties ]; then
    id=$(head -c 16 /dev/urandom | base64 | tr '+/' '__' | tr -d '=') # no "-": it could look like an option
    java "$@" kafka.tools.StorageTool format --cluster-id "$id" --config server.properties
fi
exec java "$@" kafka.Kafka server.properties
