output "aliases" {
  description = "Function → ARN of its alias."
  value       = { for name, function in module.function : name => function.alias_arn }
}
