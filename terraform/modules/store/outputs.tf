output "name" {
  description = "The bucket's name, once nothing but TLS reaches it."
  value       = aws_s3_bucket.this.id
  depends_on  = [aws_s3_bucket_policy.this]
}
