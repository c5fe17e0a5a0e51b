# What functions refer to: tables, topics, queues, secrets; and the parameters that tell the rollout what each reference
# stands for.

#trivy:ignore:AWS-0025 Encrypted with AWS's key; one's own would have to be granted to every function of the table.
resource "aws_dynamodb_table" "this" {
  for_each = var.declared.tables

  name                        = each.value.name
  billing_mode                = "PAY_PER_REQUEST"
  hash_key                    = each.value.key
  deletion_protection_enabled = true

  attribute {
    name = each.value.key
    type = "S"
  }

  point_in_time_recovery {
    enabled = true
  }

  server_side_encryption {
    enabled = true
  }
}

#trivy:ignore:AWS-0136 Encrypted with AWS's key; one's own would have to be granted to every publisher.
resource "aws_sns_topic" "this" {
  for_each = var.declared.topics

  name              = each.value.name
  kms_master_key_id = "alias/aws/sns"
}

resource "aws_sqs_queue" "dead" {
  for_each = var.declared.queues

  name                      = "${each.value.name}-dead"
  message_retention_seconds = 1209600 # 14 days, the most there is: somebody has to look
  sqs_managed_sse_enabled   = true
}

resource "aws_sqs_queue" "this" {
  for_each = var.declared.queues

  name                       = each.value.name
  visibility_timeout_seconds = each.value.visibility_s
  sqs_managed_sse_enabled    = true

  redrive_policy = jsonencode({
    deadLetterTargetArn = aws_sqs_queue.dead[each.key].arn
    maxReceiveCount     = each.value.receives
  })
}

resource "aws_sqs_queue_policy" "this" {
  for_each = var.declared.subscriptions

  queue_url = aws_sqs_queue.this[each.key].url
  policy    = jsonencode(each.value.policy)
}

resource "aws_sns_topic_subscription" "this" {
  for_each = var.declared.subscriptions

  topic_arn            = each.value.topic
  protocol             = "sqs"
  endpoint             = each.value.queue
  raw_message_delivery = true
  filter_policy_scope  = length(each.value.filter) == 0 ? null : "MessageAttributes"
  filter_policy        = length(each.value.filter) == 0 ? null : jsonencode(each.value.filter)

  depends_on = [aws_sns_topic.this, aws_sqs_queue_policy.this]
}

# Without a value: people set it, and it never stands in Terraform's state.
#trivy:ignore:AWS-0098 Encrypted with AWS's key; one's own would have to be granted to every reader.
resource "aws_secretsmanager_secret" "this" {
  for_each = var.declared.secrets

  name                    = each.value.name
  recovery_window_in_days = 30
}

resource "aws_ssm_parameter" "table" {
  for_each = aws_dynamodb_table.this

  name  = "/${var.declared.project}/table/${each.key}"
  type  = "String"
  value = each.value.name
}

resource "aws_ssm_parameter" "topic" {
  for_each = aws_sns_topic.this

  name  = "/${var.declared.project}/topic/${each.key}"
  type  = "String"
  value = each.value.arn
}

resource "aws_ssm_parameter" "queue" {
  for_each = aws_sqs_queue.this

  name  = "/${var.declared.project}/queue/${each.key}"
  type  = "String"
  value = each.value.url
}

resource "aws_ssm_parameter" "secret" {
  for_each = aws_secretsmanager_secret.this

  name  = "/${var.declared.project}/secret/${each.key}"
  type  = "String"
  value = each.value.arn
}
