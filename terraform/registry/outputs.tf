output "repositories" {
  description = "Repository → what image references begin with."
  value       = module.registry.urls
}
