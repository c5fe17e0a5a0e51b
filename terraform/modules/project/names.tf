# Names and ARNs, all known before anything is made.

locals {
  prefix = {
    for service in ["dynamodb", "lambda", "logs", "secretsmanager", "sns", "sqs", "ssm"] :
    service => "arn:aws:${service}:${local.region}:${local.account}"
  }

  arn = {
    table = { for name, _ in local.tables : name => "${local.prefix.dynamodb}:table/${local.project}-${name}" }
    topic = { for name, _ in local.topics : name => "${local.prefix.sns}:${local.project}-${name}" }
    queue = { for name, _ in local.queues : name => "${local.prefix.sqs}:${local.project}-${name}" }
    dead  = { for name, _ in local.queues : name => "${local.prefix.sqs}:${local.project}-${name}-dead" }
    # Secrets Manager ends an ARN in six characters of its own choice.
    # https://docs.aws.amazon.com/secretsmanager/latest/userguide/auth-and-access_iam-policies.html
    secret   = { for name, _ in local.secrets : name => "${local.prefix.secretsmanager}:secret:${local.project}-${name}-??????" }
    function = { for name, _ in local.functions : name => "${local.prefix.lambda}:function:${local.project}-${name}" }
  }

  # All functions and all layers of the project, as a policy writes them: one longer list would fill a role's policy.
  functions_arn = "${local.prefix.lambda}:function:${local.project}-*"
  layers_arn    = "${local.prefix.lambda}:layer:${local.project}-*"

  # `table.orders` → its ARN, for grants.
  granted = merge([
    for kind in ["table", "topic", "queue", "secret"] : { for name, arn in local.arn[kind] : "${kind}.${name}" => arn }
  ]...)

  # `table/*`: what the rollout and the checks may have to look up; the values are names, which are no secret.
  paths = [for kind in ["table", "topic", "queue", "secret"] : "${kind}/*" if length(local.arn[kind]) > 0]
  urls  = anytrue([for function in local.functions : function.url]) ? ["url/*"] : []

  parameter_arn = "${local.prefix.ssm}:parameter/${local.project}"
  streams_arn = {
    for name, _ in local.functions :
    name => "${local.prefix.logs}:log-group:/aws/lambda/${local.project}-${name}:log-stream:*"
  }

  role_arn = {
    for role in ["deployer", "rollback", "e2e"] : role => "arn:aws:iam::${local.account}:role/${local.project}-${role}"
  }

  # In the registry's account.
  registry_prefix   = "${local.registry.region}:${local.registry.account}"
  registry_mark_arn = "arn:aws:ssm:${local.registry_prefix}:parameter/${local.project}/rehearsal"
  releases_arn      = "arn:aws:iam::${local.registry.account}:role/${local.project}-releases-${var.environment}"
  store_arn         = "arn:aws:s3:::${local.registry.store}"
  archives_arn      = "${local.store_arn}/archives/*"
  repositories      = { for name, image in local.images : name => image.repository if image.repository != null }
  repository_arn    = { for name, repository in local.repositories : name => "arn:aws:ecr:${local.registry_prefix}:repository/${repository}" }
}
