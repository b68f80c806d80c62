// Package kafkadriver is the driver for Apache Kafka, on IBM/sarama.
package kafkadriver
