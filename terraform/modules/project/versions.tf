# No provider: everything here is known before anything is made, and can be evaluated anywhere.
terraform {
  required_version = ">= 1.9"
}
