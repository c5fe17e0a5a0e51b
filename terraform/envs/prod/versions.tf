terraform {
  required_version = ">= 1.10" # state locks in S3 without a table

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "~> 6.62"
    }
  }

  # The bucket and its Region are given once: terraform init -backend-config=…
  backend "s3" {
    key          = "lockage/prod.tfstate"
    encrypt      = true
    use_lockfile = true
  }
}
