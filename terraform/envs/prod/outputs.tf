output "aliases" {
  description = "Function → ARN of its alias."
  value       = module.environment.aliases
}
