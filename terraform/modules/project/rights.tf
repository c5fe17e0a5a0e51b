# Who may do what. The rehearsal's table says the same in Python, and a test holds the two to be equal.
#
# No action is a wildcard. A resource is one only where AWS chooses the name (log streams, versions, a secret's ending,
# keys under a fixed prefix), where there is none to name (ecr:GetAuthorizationToken), and for functions, layers and
# parameters, of which a role may do the same with all: docs/adr/0020. docs/reference/roles.md lists each, with who holds
# it, and every role's actions one by one.

locals {
  pull = ["ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"]
  push = [
    "ecr:BatchCheckLayerAvailability",
    "ecr:InitiateLayerUpload",
    "ecr:UploadLayerPart",
    "ecr:CompleteLayerUpload",
    "ecr:PutImage",
  ]
  roll = [
    "lambda:GetFunction",
    "lambda:UpdateFunctionCode",
    "lambda:UpdateFunctionConfiguration",
    "lambda:PublishVersion",
    "lambda:InvokeFunction",
    "lambda:GetAlias",
    "lambda:CreateAlias",
    "lambda:UpdateAlias",
    "lambda:DeleteAlias",
  ]
  roll_back = ["lambda:GetFunction", "lambda:GetAlias", "lambda:UpdateAlias", "lambda:InvokeFunction"]

  publish_layers = ["lambda:PublishLayerVersion", "lambda:ListLayerVersions"]

  # Also of a layer that lockage.yaml names no more: versions still have it.
  # https://docs.aws.amazon.com/lambda/latest/dg/permissions-user-layer.html
  read_layers = { sid = "ReadLayer", actions = ["lambda:GetLayerVersion"], resources = local.packs ? ["${local.layers_arn}:*"] : [] }

  # Without the right to list, S3 answers 403 for a key that is not there, which is not the same as *none*.
  read_store = [
    { sid = "List", actions = ["s3:ListBucket"], resources = [local.store_arn] },
    { sid = "Read", actions = ["s3:GetObject"], resources = ["${local.store_arn}/*"] },
  ]

  # The publisher's parts of the store.
  written = concat(["releases", "evidence"], local.packs ? ["archives"] : [])

  # Repositories that functions run from.
  pulled = distinct([for function in local.functions : local.repository_arn[function.image] if function.image != null])

  rights = {
    publisher = concat(local.read_store, [
      { sid = "Login", actions = ["ecr:GetAuthorizationToken"], resources = length(local.repositories) > 0 ? ["*"] : [] },
      { sid = "Push", actions = concat(local.push, local.pull), resources = values(local.repository_arn) },
      { sid = "Write", actions = ["s3:PutObject"], resources = [for part in local.written : "${local.store_arn}/${part}/*"] },
      { sid = "Mark", actions = ["ssm:GetParameter"], resources = [local.registry_mark_arn] },
    ])

    releases = concat(local.read_store, [
      {
        sid       = "Write"
        actions   = ["s3:PutObject"]
        resources = [for part in ["environments", "rollouts"] : "${local.store_arn}/${part}/${var.environment}/*"]
      },
    ])

    deployer = [
      { sid = "Roll", actions = local.roll, resources = [local.functions_arn] },
      { sid = "Layer", actions = local.publish_layers, resources = length(local.layers) > 0 ? [local.layers_arn] : [] },
      local.read_layers,
      { sid = "Resolve", actions = ["ssm:GetParameter"], resources = [for path in concat(local.paths, ["rehearsal"]) : "${local.parameter_arn}/${path}"] },
      { sid = "Pull", actions = local.pull, resources = local.pulled },
      { sid = "Unpack", actions = ["s3:GetObject"], resources = local.packs ? [local.archives_arn] : [] },
      { sid = "Chain", actions = ["sts:AssumeRole"], resources = [local.releases_arn, local.role_arn.e2e] },
    ]

    rollback = [
      { sid = "RollBack", actions = local.roll_back, resources = [local.functions_arn] },
      local.read_layers,
      { sid = "Chain", actions = ["sts:AssumeRole"], resources = [local.releases_arn] },
    ]

    e2e = concat(
      [
        { sid = "Find", actions = ["ssm:GetParameter"], resources = [for path in concat(local.paths, local.urls) : "${local.parameter_arn}/${path}"] },
        { sid = "Invoke", actions = ["lambda:InvokeFunction"], resources = ["${local.functions_arn}:${local.alias}"] },
      ],
      [for grant in local.checks : { sid = local.sid[grant.to], actions = grant.actions, resources = [local.granted[grant.to]] }],
    )
  }

  # A function's own: its grants, and its log.
  function_rights = {
    for name, function in local.functions : name => concat(
      [for grant in function.grants : { sid = local.sid[grant.to], actions = grant.actions, resources = [local.granted[grant.to]] }],
      [{ sid = "Log", actions = ["logs:CreateLogStream", "logs:PutLogEvents"], resources = [local.streams_arn[name]] }],
    )
  }

  # `queue.dead-letters` → `QueueDeadLetters`: a statement's id takes letters and digits only.
  sid = { for reference in keys(local.granted) : reference => replace(title(replace(reference, "/[.-]/", " ")), " ", "") }

  policy = {
    for role, statements in merge(local.rights, { for name, rights in local.function_rights : "function/${name}" => rights }) :
    role => {
      Version = "2012-10-17"
      Statement = [
        for s in statements : { Sid = s.sid, Effect = "Allow", Action = s.actions, Resource = s.resources } if length(s.resources) > 0
      ]
    }
  }
}
