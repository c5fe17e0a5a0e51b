output "alias_arn" {
  description = "What callers of the function name."
  value       = aws_lambda_alias.this.arn
}
