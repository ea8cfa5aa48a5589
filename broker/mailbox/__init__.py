"""The mailbox reader: serves `mailbox.standard` to organisations without a Kafka client, by claim and acknowledge."""
