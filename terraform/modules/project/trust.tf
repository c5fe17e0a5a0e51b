# Whom each role trusts.

locals {
  issuer = "token.actions.githubusercontent.com"
  tokens = local.github == null ? null : { url = "https://${local.issuer}", audience = "sts.amazonaws.com" }

  # Both forms of a job's subject: repositories made, renamed or moved after 2026-07-15 have ids in theirs, older ones
  # have not (https://docs.github.com/en/actions/reference/security/oidc). Exact, never a pattern.
  repositories_of_job = local.github == null ? [] : [
    local.github.repository,
    format(
      "%s@%s/%s@%s",
      split("/", local.github.repository)[0],
      local.github.owner_id,
      split("/", local.github.repository)[1],
      local.github.repository_id,
    ),
  ]

  # Role → the GitHub environment of its job, and the account it is in.
  jobs = {
    publisher = { environment = "publish", account = local.registry.account }
    deployer  = { environment = var.environment, account = local.account }
    rollback  = { environment = "${var.environment}-rollback", account = local.account }
    e2e       = { environment = "${var.environment}-e2e", account = local.account }
  }

  # Nobody's, for a project that does not say whose jobs to believe.
  trusted_job = {
    for role, job in local.jobs : role => [
      for repositories in [local.repositories_of_job] : {
        Sid       = "Job"
        Effect    = "Allow"
        Action    = ["sts:AssumeRoleWithWebIdentity"]
        Principal = { Federated = ["arn:aws:iam::${job.account}:oidc-provider/${local.issuer}"] }
        Condition = {
          StringEquals = {
            "${local.issuer}:aud" = ["sts.amazonaws.com"]
            "${local.issuer}:sub" = [for name in repositories : "repo:${name}:environment:${job.environment}"]
          }
        }
      } if length(repositories) > 0
    ]
  }

  # Role → the roles that take it on.
  chained = {
    e2e      = [local.role_arn.deployer]
    releases = [local.role_arn.deployer, local.role_arn.rollback]
  }
  trusted_roles = {
    for role, arns in local.chained :
    role => [{ Sid = "Chain", Effect = "Allow", Action = ["sts:AssumeRole"], Principal = { AWS = arns } }]
  }

  trusted_by_lambda = {
    Version = "2012-10-17"
    Statement = [
      { Sid = "Lambda", Effect = "Allow", Action = ["sts:AssumeRole"], Principal = { Service = ["lambda.amazonaws.com"] } },
    ]
  }

  trust = {
    for role in ["publisher", "deployer", "rollback", "e2e", "releases"] : role => {
      Version   = "2012-10-17"
      Statement = concat(try(local.trusted_job[role], []), try(local.trusted_roles[role], []))
    }
  }
}
