# An IAM role from policy documents that modules/project worked out.

resource "aws_iam_role" "this" {
  name                 = var.name
  assume_role_policy   = jsonencode(var.trust)
  max_session_duration = 3600
}

resource "aws_iam_role_policy" "this" {
  name   = var.name
  role   = aws_iam_role.this.name
  policy = jsonencode(var.policy)
}
