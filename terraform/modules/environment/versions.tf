terraform {
  required_version = ">= 1.9"

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "~> 6.62"
      # The default one is the environment's account.
      configuration_aliases = [aws.registry]
    }
  }
}
