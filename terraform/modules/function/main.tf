# Terraform's half of a function: name, role, log, alias, and what calls the alias. The pipeline's half is what a version
# snapshots (code, architecture, layers, handler or command, memory, timeout, environment) and what the alias points at:
# it stands under `ignore_changes`, all of it and nothing else. What is ignored is stated only where AWS wants it to make
# the function.

locals {
  # Lambda cannot change it, and Terraform will not replace a function: the other package is another function.
  zip = var.function.package == "zip"
}

module "role" {
  source = "../role"

  name   = var.function.name
  trust  = var.function.trust
  policy = var.function.policy
}

#trivy:ignore:AWS-0017 Encrypted with AWS's key; no secret is logged.
resource "aws_cloudwatch_log_group" "this" {
  name              = var.function.log_group
  retention_in_days = 90
}

#trivy:ignore:AWS-0066 Tracing needs xray:PutTraceSegments on every resource, which no function here is granted.
resource "aws_lambda_function" "this" {
  function_name = var.function.name
  role          = module.role.arn
  package_type  = local.zip ? "Zip" : "Image"
  architectures = [var.function.architecture]
  publish       = true # version 1, for the alias to stand on until the first release

  image_uri = local.zip ? null : var.seed_image
  filename  = local.zip ? "${path.module}/seed.zip" : null
  handler   = local.zip ? "seed.handle" : null
  runtime   = local.zip ? var.function.runtime : null

  depends_on = [aws_cloudwatch_log_group.this]

  lifecycle {
    # A function takes its versions with it, which a rollback may still point at; docs/how-to/remove-a-function.md.
    prevent_destroy = true

    ignore_changes = [
      # code
      architectures,
      image_uri,
      filename,
      s3_bucket,
      s3_key,
      s3_object_version,
      source_code_hash,
      code_sha256,
      layers,
      # configuration
      image_config,
      handler,
      runtime,
      memory_size,
      timeout,
      environment,
    ]
  }
}

resource "aws_lambda_alias" "this" {
  name             = var.alias
  function_name    = aws_lambda_function.this.function_name
  function_version = aws_lambda_function.this.version

  lifecycle {
    ignore_changes = [
      function_version,
      routing_config,
    ]
  }
}

# Everything below calls the alias, so that a rollout moves all callers at once, and back.

resource "aws_lambda_event_source_mapping" "this" {
  count = var.function.queue == null ? 0 : 1

  event_source_arn                   = var.function.queue.arn
  function_name                      = aws_lambda_alias.this.arn
  batch_size                         = var.function.queue.batch
  maximum_batching_window_in_seconds = var.function.queue.window_s
  function_response_types            = ["ReportBatchItemFailures"]
}

resource "aws_lambda_permission" "topic" {
  count = var.function.topic == null ? 0 : 1

  statement_id  = "Topic"
  action        = "lambda:InvokeFunction"
  function_name = aws_lambda_function.this.function_name
  qualifier     = aws_lambda_alias.this.name
  principal     = "sns.amazonaws.com"
  source_arn    = var.function.topic
}

resource "aws_sns_topic_subscription" "this" {
  count = var.function.topic == null ? 0 : 1

  topic_arn = var.function.topic
  protocol  = "lambda"
  endpoint  = aws_lambda_alias.this.arn

  depends_on = [aws_lambda_permission.topic]
}

resource "aws_lambda_function_url" "this" {
  count = var.function.url ? 1 : 0

  function_name      = aws_lambda_function.this.function_name
  qualifier          = aws_lambda_alias.this.name
  authorization_type = "NONE" # the function authenticates its callers
}

# A URL without IAM needs both: to be called, and to be invoked by such a call and in no other way.
# https://docs.aws.amazon.com/lambda/latest/dg/urls-auth.html

resource "aws_lambda_permission" "url" {
  count = var.function.url ? 1 : 0

  statement_id           = "Url"
  action                 = "lambda:InvokeFunctionUrl"
  function_name          = aws_lambda_function.this.function_name
  qualifier              = aws_lambda_alias.this.name
  principal              = "*"
  function_url_auth_type = "NONE"
}

resource "aws_lambda_permission" "by_url" {
  count = var.function.url ? 1 : 0

  statement_id             = "ByUrl"
  action                   = "lambda:InvokeFunction"
  function_name            = aws_lambda_function.this.function_name
  qualifier                = aws_lambda_alias.this.name
  principal                = "*"
  invoked_via_function_url = true
}

resource "aws_ssm_parameter" "url" {
  count = var.function.url ? 1 : 0

  name  = var.url_parameter
  type  = "String"
  value = aws_lambda_function_url.this[0].function_url
}
