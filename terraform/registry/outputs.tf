output "repositories" {
  description = "Repository → what image references begin with."
  value       = module.registry.urls
}

output "store" {
  description = "The release store's bucket."
  value       = module.store.name
}
