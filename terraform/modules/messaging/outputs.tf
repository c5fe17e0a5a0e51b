output "queues" {
  description = "Queue → ARN, once it can be polled."
  value       = { for name, queue in aws_sqs_queue.this : name => queue.arn }
}
