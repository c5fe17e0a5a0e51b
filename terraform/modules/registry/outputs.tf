output "urls" {
  description = "Repository → what image references begin with."
  value       = { for name, repository in aws_ecr_repository.this : name => repository.repository_url }
}
